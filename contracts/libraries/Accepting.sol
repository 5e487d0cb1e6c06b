// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, Task} from "../types/TaskStorage.sol";
import {Phase, Proposal, Reason, RoundInputs, Signature, WalletWord} from "../types/TaskTypes.sol";
import {Bitmap, Entry, Records} from "./Records.sol";
import {Ring} from "./Ring.sol";
import {Rotation} from "./Rotation.sol";
import {SignedStructs, Word} from "./SignedStructs.sol";

/// @title Accepting
/// @notice How a proposal is accepted by a quorum, or comes to nothing.
/// @dev There is no pause: nobody, the admin included, can stop a running round. Attacks considered:
/// - a proposal becomes the model because time passed, though nobody has seen its inputs: only a quorum accepts, of
/// those who committed;
/// - a quorum lies: acceptance writes a word under which each that signed can be proven wrong for the challenge window;
/// - a phase is rewound or skipped: each call needs one phase and sets a later one; only {reassign} and a strike go
/// back from Proposed to Aggregating, within the same round and with a higher attempt, of which there are finitely
/// many;
/// - so many are expelled that few decide: with fewer left than make a round nothing is accepted, and anyone ends it at
/// once;
/// - a signature is used twice or elsewhere: the digest binds chain, contract, task, round and proposal, and a slot
/// counts once;
/// - one that left or was expelled makes the whole call fail: it is passed over;
/// - a wallet's owner has an account of its own in the round, and one signature counts for both: a wallet's word names
/// it;
/// - a wallet eats the gas of the call, returns a flood, or reverts: it gets 50,000 gas, 32 bytes of its answer are
/// read, a failure is skipped;
/// - an account whose code is delegated is kept from signing: its key's signature counts, whatever code it has.
library Accepting {
    uint256 private constant WALLET_GAS = 50_000;

    function accept(
        Task storage task,
        uint32 taskId,
        uint32 round,
        Proposal memory proposal,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) internal {
        RoundState state = Records.requirePhase(task, round, Phase.Proposed);
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
        RoundInputs memory inputs = Records.inputs(task, taskId, state);
        bytes32 proposalHash = Records.proposalHash(taskId, round, inputs.accumulator, inputs.openingsHash, proposal);
        if (task.pending != proposalHash) revert IRounds.WrongProposal(task.pending);
        Word memory word = SignedStructs.word(address(this), taskId, round, proposalHash);
        address[] memory attesters = _counted(task, state, word, signatures, wallets);
        uint256 left = Bitmap.count(Records.unexpelled(task, state));
        if (left < task.rules.minUpdates) revert IRounds.TooFewParticipants(left);
        uint256 quorum = Math.max(left / 2 + 1, task.rules.attestationQuorum);
        if (attesters.length < quorum) revert IRounds.QuorumNotReached(attesters.length, quorum);

        task.state = state.inPhase(Phase.Accepted).withAccepted(state.accepted() + 1);
        task.modelRoot = proposal.modelRoot;
        bytes32 hash = Records.wordHash(inputs, proposalHash, attesters);
        uint40 until = Ring.write(task, round, hash);
        Records.append(task, abi.encode(Entry.Accepted, round, hash));
        emit IRounds.RoundAccepted(taskId, round, proposal.modelRoot, attesters, until, task.historyHead);
    }

    function reassign(Task storage task, uint32 taskId, uint32 round) internal {
        RoundState state = Records.requireRound(task, round);
        Phase phase = state.phase();
        if (phase != Phase.Aggregating && phase != Phase.Proposed) revert IRounds.WrongPhase(phase);
        bool enough = Bitmap.count(Records.unexpelled(task, state)) >= task.rules.minUpdates;
        if (enough && block.timestamp <= state.deadline()) revert IRounds.TooEarly(state.deadline());
        if (enough && phase == Phase.Aggregating) {
            // it has none where it is leaving: who is assigned then is zero
            uint256 place = task.enrolments[address(uint160(uint256(task.pending)))].place;
            if (place != 0) state = state.withIdle(place - 1, true);
        }
        Rotation.retry(task, taskId, state, phase == Phase.Proposed ? Reason.NotAttested : Reason.NoProposal);
    }

    /// @dev Whose words for a proposal count: accounts that committed in the round and were not expelled, each once, in
    /// the order given, signatures first.
    function _counted(
        Task storage task,
        RoundState state,
        Word memory word,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) private view returns (address[] memory attesters) {
        bytes32 digest = SignedStructs.attestation(word);
        attesters = new address[](signatures.length + wallets.length);
        uint256 left = Records.unexpelled(task, state);
        uint256 count = 0;
        for (uint256 i = 0; i < attesters.length; ++i) {
            bool signed = i < signatures.length;
            address account =
                signed ? SignedStructs.signerOf(digest, signatures[i]) : wallets[i - signatures.length].account;
            Enrolment storage enrolment = task.enrolments[account];
            // 0 or beyond all slots where it has none
            uint256 bit = enrolment.aggregator ? 0 : 1 << Records.slotOf(task, state, enrolment.place);
            if (left & bit == 0 || !(signed || _confirms(wallets[i - signatures.length], word))) continue;
            left &= ~bit;
            attesters[count] = account;
            ++count;
        }
        assembly ("memory-safe") {
            mstore(attesters, count)
        }
    }

    function _confirms(WalletWord calldata given, Word memory word) private view returns (bool confirmed) {
        address wallet = given.account;
        bytes32 digest = SignedStructs.walletAttestation(word, wallet);
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
