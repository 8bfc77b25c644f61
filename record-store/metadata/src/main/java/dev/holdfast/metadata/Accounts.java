package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Done;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import java.util.List;

/** Accounts, link codes and devices. Each call is one transaction; each may be repeated. */
public interface Accounts {
    /**
     * Makes an account with its personal namespace and a first link code.
     *
     * @param quotaBytes 0 for none
     */
    Answer<LinkCode> create(String name, long quotaBytes);

    /** One more link code, asked for by an operator. */
    Answer<LinkCode> newLinkCode(String accountName);

    /** One more link code, asked for by a device of the account. */
    Answer<LinkCode> newLinkCode(Caller caller);

    /**
     * Spends a link code. The same code with the same token hash answers alike, so a lost answer
     * costs nothing; another token hash is refused.
     */
    Answer<DeviceRegistered> register(DeviceRegistration registration);

    /** Revokes a device of the caller's account, itself included. It is out at the next request. */
    Answer<Done> revoke(Caller caller, DeviceId device);

    Answer<Done> revokeAsAdmin(DeviceId device);

    /** While an account is disabled, none of its devices is served; nothing is deleted. */
    Answer<Done> disable(String accountName);

    Answer<Done> enable(String accountName);

    List<AccountView> list();

    List<DeviceView> devices();
}
