package dev.holdfast.model.wire;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.DeviceId;
import java.util.List;

/**
 * Answer to a {@link DeviceRegistration}.
 *
 * @param cell the server's identity; another one behind the same address is another server
 */
public record DeviceRegistered(
        DeviceId device,
        AccountId account,
        String accountName,
        String cell,
        List<NamespaceState> namespaces) {
    public DeviceRegistered {
        namespaces = List.copyOf(namespaces);
    }
}
