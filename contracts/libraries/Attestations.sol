// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, Task} from "../types/TaskStorage.sol";
import {Signature, WalletWord} from "../types/TaskTypes.sol";
import {Records} from "./Records.sol";
import {SignedStructs} from "./SignedStructs.sol";

/// @notice What attesters sign.
/// @param domain The separator of the federation's EIP-712 domain.
struct Word {
    bytes32 domain;
    uint32 taskId;
    uint32 round;
    bytes32 proposalHash;
}

/// @title Attestations
/// @notice Whose words for a proposal count: accounts that committed in the round and were not expelled, each once.
/// @dev Attacks considered:
/// - a signature is used twice or elsewhere: the digest binds chain, contract, task, round and proposal, and a slot
/// counts once;
/// - one that left or was expelled makes the whole call fail: it is passed over;
/// - a wallet's owner has an account of its own in the round, and one signature counts for both: a wallet's word names
/// it;
/// - a wallet eats the gas of the call, returns a flood, or reverts: it gets 50,000 gas, 32 bytes of its answer are
/// read, a failure is skipped;
/// - an account whose code is delegated is kept from signing: its key's signature counts, whatever code it has.
library Attestations {
    using Records for Task;

    uint256 private constant WALLET_GAS = 50_000;

    /// @notice The accounts whose words count, in the order given, signatures first.
    function counted(
        Task storage task,
        RoundState state,
        Word memory word,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) internal view returns (address[] memory attesters) {
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            word.domain,
            SignedStructs.attestation(word.taskId, word.round, word.proposalHash)
        );
        attesters = new address[](signatures.length + wallets.length);
        uint256 left = task.unexpelled(state);
        uint256 count = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            // zero where the signature is none: nobody's place
            // slither-disable-next-line unused-return
            (address signer, , ) = ECDSA.tryRecover(digest, signatures[i].r, signatures[i].vs);
            uint256 bit = _bit(task, state, signer);
            if (left & bit == 0) continue;
            left &= ~bit;
            attesters[count] = signer;
            ++count;
        }
        for (uint256 i = 0; i < wallets.length; ++i) {
            WalletWord calldata given = wallets[i];
            uint256 bit = _bit(task, state, given.account);
            if (left & bit == 0 || !_confirms(given, word)) continue;
            left &= ~bit;
            attesters[count] = given.account;
            ++count;
        }
        assembly ("memory-safe") {
            mstore(attesters, count)
        }
    }

    /// @dev The bit of the account's slot; 0 or beyond all slots where it has none.
    function _bit(Task storage task, RoundState state, address account) private view returns (uint256) {
        Enrolment storage enrolment = task.enrolments[account];
        return enrolment.aggregator ? 0 : 1 << task.slotOf(state, enrolment.place);
    }

    function _confirms(WalletWord calldata given, Word memory word) private view returns (bool confirmed) {
        address wallet = given.account;
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            word.domain,
            SignedStructs.walletAttestation(word.taskId, word.round, word.proposalHash, wallet)
        );
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, given.signature));
        bytes32 answer;
        assembly ("memory-safe") {
            confirmed := staticcall(WALLET_GAS, wallet, add(question, 32), mload(question), 0, 32)
            confirmed := and(confirmed, gt(returndatasize(), 31))
            answer := mload(0)
        }
        return confirmed && bytes4(answer) == IERC1271.isValidSignature.selector;
    }
}
