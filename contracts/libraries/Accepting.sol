// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Phase, Proposal, Reason, RoundInputs, Signature, WalletWord} from "../types/TaskTypes.sol";
import {Attestations, Word} from "./Attestations.sol";
import {Bitmap} from "./Bitmap.sol";
import {History} from "./History.sol";
import {Records} from "./Records.sol";
import {Ring} from "./Ring.sol";
import {Rotation} from "./Rotation.sol";

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
/// once.
library Accepting {
    using Attestations for Task;
    using Records for Task;
    using Ring for Task;
    using Rotation for Task;

    function accept(
        Task storage task,
        uint32 taskId,
        uint32 round,
        bytes32 domain,
        Proposal memory proposal,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) internal {
        RoundState state = task.requirePhase(round, Phase.Proposed);
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
        RoundInputs memory inputs = task.inputsOf(taskId, state);
        bytes32 proposalHash = Records.proposalHash(taskId, round, inputs.accumulator, inputs.openingsHash, proposal);
        if (task.pending != proposalHash) revert IRounds.WrongProposal(task.pending);
        address[] memory attesters = task.counted(
            state,
            Word(domain, taskId, round, proposalHash),
            signatures,
            wallets
        );
        uint256 quorum = _quorum(task, state);
        if (attesters.length < quorum) revert IRounds.QuorumNotReached(attesters.length, quorum);

        task.state = state.accept();
        task.modelRoot = proposal.modelRoot;
        bytes32 hash = Records.wordHash(inputs, proposalHash, attesters);
        uint40 until = task.write(round, hash);
        bytes32 head = keccak256(abi.encode(task.historyHead, History.ACCEPTED, round, hash));
        task.historyHead = head;
        emit IRounds.RoundAccepted(taskId, round, proposal.modelRoot, attesters, until, head);
    }

    function reassign(Task storage task, uint32 taskId, uint32 round) internal {
        RoundState state = task.requireRound(round);
        Phase phase = state.phase();
        if (phase != Phase.Aggregating && phase != Phase.Proposed) revert IRounds.WrongPhase(phase);
        bool enough = Bitmap.count(task.unexpelled(state)) >= task.rules.minUpdates;
        if (enough && block.timestamp <= state.deadline()) revert IRounds.TooEarly(state.deadline());
        if (enough && phase == Phase.Aggregating) {
            // it has none where it is leaving: who is assigned then is zero
            uint256 place = task.enrolments[address(uint160(uint256(task.pending)))].place;
            if (place != 0) state = state.withIdle(place - 1, true);
        }
        task.retry(taskId, state, phase == Phase.Proposed ? Reason.NotAttested : Reason.NoProposal);
    }

    function _quorum(Task storage task, RoundState state) private view returns (uint256 quorum) {
        uint256 left = Bitmap.count(task.unexpelled(state));
        if (left < task.rules.minUpdates) revert IRounds.TooFewParticipants(left);
        quorum = left / 2 + 1;
        if (quorum < task.rules.attestationQuorum) quorum = task.rules.attestationQuorum;
    }
}
