package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.MemberState;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.RoleName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random histories of shared namespaces: members come, change their roles and go, owners hand over
 * and drop, and everybody writes, with commits refused and commits unknown. Every answer, every
 * list of members, who sees what and who answers for the quota agree with a model in plain maps.
 */
class MemberHistoryTest {
    private static final int SEEDS = Integer.getInteger("holdfast.members.seeds", 3);
    private static final int STEPS = 120;
    private static final List<RoleName> ROLES =
            List.of(RoleName.VIEWER, RoleName.EDITOR, RoleName.OWNER);
    private static final String[] NAMES = {"ada", "bob", "eve", "joe"};

    @Test
    void everyHistoryOfMembersAgreesWithTheModel() {
        Seeds.each("MemberHistoryTest", SEEDS, seed -> new History(seed).run());
    }

    /** A shared namespace as it should be. */
    private static final class Shared {
        final Map<String, RoleName> roles = new TreeMap<>();
        String name;
        String owner;
        long used;

        Shared(String name, String owner) {
            this.name = name;
            this.owner = owner;
            roles.put(owner, RoleName.OWNER);
        }
    }

    private static final class History {
        private final Random random;
        private final TestCell cell;
        private final AtomicBoolean faulty = new AtomicBoolean();
        private final Map<String, TestDevice> devices = new LinkedHashMap<>();
        private final Map<NamespaceId, Shared> model = new LinkedHashMap<>();
        private final List<NamespaceId> known = new ArrayList<>();
        private final List<String> log = new ArrayList<>();
        private long made;

        History(long seed) {
            random = new Random(seed);
            Random luck = new Random(~seed);
            cell =
                    new TestCell(
                            seed,
                            TestDatabase.open(
                                    () -> faulty.get() ? RandomHistoryTest.fault(luck) : null));
            for (String name : NAMES) {
                devices.put(name, cell.account(name));
            }
            faulty.set(true);
        }

        void run() {
            try (cell) {
                for (int i = 0; i < STEPS; i++) {
                    String who = anybody();
                    if (known.isEmpty() || random.nextInt(15) == 0) {
                        create(who);
                    } else {
                        step(who, known.get(random.nextInt(known.size())));
                    }
                    check(anybody());
                }
            }
        }

        private String anybody() {
            return NAMES[random.nextInt(NAMES.length)];
        }

        private TestDevice device(String who) {
            return Objects.requireNonNull(devices.get(who));
        }

        private Namespaces namespaces() {
            return cell.store.namespaces();
        }

        private void create(String who) {
            NamespaceId ns = NamespaceId.random(random);
            String name = "space " + ++made;
            model.put(ns, new Shared(name, who));
            known.add(ns);
            compare(
                    who + " creates " + name,
                    namespaces().create(device(who).caller, new NamespaceCreation(ns, name)),
                    null);
        }

        private void step(String who, NamespaceId ns) {
            var caller = device(who).caller;
            String target = random.nextInt(12) == 0 ? "nobody" : anybody();
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    RoleName role = ROLES.get(random.nextInt(ROLES.size()));
                    compare(
                            who + " makes " + target + " " + role,
                            namespaces().putMember(caller, ns, target, role),
                            put(who, ns, target, role));
                }
                case 4, 5 -> {
                    String out = random.nextInt(3) == 0 ? who : target;
                    compare(
                            who + " removes " + out,
                            namespaces().removeMember(caller, ns, out),
                            remove(who, ns, out));
                }
                case 6 -> {
                    String name = "renamed " + ++made;
                    @Nullable ProblemCode fault = entry(who, ns, RoleName.OWNER);
                    compare(who + " renames", namespaces().rename(caller, ns, name), fault);
                    if (fault == null) {
                        shared(ns).name = name;
                    }
                }
                case 7 -> drop(who, ns);
                default -> write(who, ns);
            }
        }

        private Shared shared(NamespaceId ns) {
            return Objects.requireNonNull(model.get(ns));
        }

        /** Why somebody may not do what needs a role; null when it may. */
        private @Nullable ProblemCode entry(String who, NamespaceId ns, RoleName least) {
            @Nullable Shared shared = model.get(ns);
            if (shared == null || !shared.roles.containsKey(who)) {
                return ProblemCode.NOT_FOUND;
            }
            return Objects.requireNonNull(shared.roles.get(who)).compareTo(least) < 0
                    ? ProblemCode.FORBIDDEN
                    : null;
        }

        private @Nullable ProblemCode put(
                String who, NamespaceId ns, String target, RoleName role) {
            @Nullable ProblemCode fault = entry(who, ns, RoleName.OWNER);
            if (fault != null) {
                return fault;
            }
            if (!devices.containsKey(target)) {
                return ProblemCode.NOT_FOUND;
            }
            Shared shared = shared(ns);
            boolean stepsDown =
                    shared.roles.get(target) == RoleName.OWNER && role != RoleName.OWNER;
            if (stepsDown && !handOver(shared, target)) {
                return ProblemCode.CONFLICT;
            }
            shared.roles.put(target, role);
            return null;
        }

        private @Nullable ProblemCode remove(String who, NamespaceId ns, String target) {
            @Nullable ProblemCode fault =
                    entry(who, ns, who.equals(target) ? RoleName.VIEWER : RoleName.OWNER);
            if (fault != null) {
                return fault;
            }
            if (!devices.containsKey(target)) {
                return ProblemCode.NOT_FOUND;
            }
            Shared shared = shared(ns);
            if (shared.roles.get(target) == RoleName.OWNER && !handOver(shared, target)) {
                return ProblemCode.CONFLICT;
            }
            shared.roles.remove(target);
            return null;
        }

        /** The quota goes to the owner with the lowest id, if it was the leaving one's. */
        private boolean handOver(Shared shared, String leaving) {
            Optional<String> next =
                    shared.roles.keySet().stream()
                            .filter(n -> !n.equals(leaving))
                            .filter(n -> shared.roles.get(n) == RoleName.OWNER)
                            .min(
                                    Comparator.comparing(
                                            n -> device(n).registered.account().toString()));
            if (shared.owner.equals(leaving)) {
                next.ifPresent(n -> shared.owner = n);
            }
            return next.isPresent();
        }

        private void drop(String who, NamespaceId ns) {
            if (random.nextInt(4) > 0) {
                return;
            }
            @Nullable ProblemCode fault = entry(who, ns, RoleName.OWNER);
            compare(who + " drops", namespaces().drop(device(who).caller, ns), fault);
            if (fault == null) {
                model.remove(ns);
                for (int i = 0; i < 100 && cell.store.upkeep().runJobs(10) > 0; i++) {}
                assertThat(cell.rows(Schema.Type.NODE, ns)).isZero();
                assertThat(cell.rows(Schema.Type.MEMBER, ns)).isZero();
            }
        }

        private void write(String who, NamespaceId ns) {
            @Nullable ProblemCode fault = entry(who, ns, RoleName.EDITOR);
            TestDevice device = device(who).at(ns);
            long sequence = 1_000_000 + ++made;
            if (fault == null && random.nextBoolean()) {
                String text = "text " + made;
                var content = device.content(text);
                device.done(
                        new Op.CreateFile(
                                sequence,
                                device.newNode(),
                                device.root,
                                "file " + made,
                                content,
                                7,
                                false,
                                OnConflict.REJECT));
                shared(ns).used += text.length();
                return;
            }
            Op op = new Op.CreateFolder(sequence, device.newNode(), device.root, "folder " + made);
            compare(
                    who + " writes",
                    cell.store.nodes().apply(device.caller, ns, new OpBatch(0, List.of(op))),
                    fault);
        }

        private void compare(String what, Answer<?> answer, @Nullable ProblemCode expected) {
            log.add(what + " -> " + answer);
            @Nullable ProblemCode code =
                    switch (answer) {
                        case Answer.Ok<?> _ -> null;
                        case Answer.Refused<?>(var refusal) -> refusal.code();
                    };
            assertThat(code).as(String.join("\n", log)).isEqualTo(expected);
        }

        private void check(String who) {
            Map<NamespaceId, String> seen = new HashMap<>();
            for (NamespaceState state : ok(namespaces().list(device(who).caller)).namespaces()) {
                if (state.kind().equals("shared")) {
                    seen.put(state.namespace(), state.name() + " as " + state.role());
                }
            }
            Map<NamespaceId, String> expected = new HashMap<>();
            model.forEach((ns, shared) -> {
                @Nullable RoleName role = shared.roles.get(who);
                if (role != null) {
                    expected.put(ns, shared.name + " as " + role.name().toLowerCase(Locale.ROOT));
                }
            });
            assertThat(seen).as(String.join("\n", log)).isEqualTo(expected);
            for (NamespaceId ns : expected.keySet()) {
                Map<String, RoleName> roles = new TreeMap<>();
                for (MemberState member :
                        ok(namespaces().members(device(who).caller, ns)).members()) {
                    roles.put(member.name(), member.role());
                }
                assertThat(roles).as(String.join("\n", log)).isEqualTo(shared(ns).roles);
                assertThat(roles).containsValue(RoleName.OWNER);
            }
            for (AccountView account : cell.store.accounts().list()) {
                long used =
                        model.values().stream()
                                .filter(shared -> shared.owner.equals(account.name()))
                                .mapToLong(shared -> shared.used)
                                .sum();
                assertThat(account.usedBytes()).as(String.join("\n", log)).isEqualTo(used);
            }
        }
    }
}
