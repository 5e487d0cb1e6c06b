// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ChallengedRound, ChallengeVerifier} from "./ChallengeVerifier.sol";
import {Rounds} from "./Rounds.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {RoundState} from "./types/RoundState.sol";
import {ChallengeKind, ChunkProof, Commitment, Phase, Proposal, Reason, UpdateProof} from "./types/TaskTypes.sol";

/// @title Challenges
/// @notice Strikes proposals that are proven wrong.
/// @dev The verifier is created here and is pure: no caller names it, and it holds no state. Attacks considered:
/// - an honest proposal is challenged: only recomputation from the committed inputs counts, see {ChallengeVerifier};
/// - bytes are put behind a call to pass for the record: the record is behind them, and the verifier reads the very end;
/// - a proof is used against another proposal, round or task: the proposal must be the one on record for the current round;
/// - a liar is assigned anew in the same round: it is barred from it;
/// - the challenge cannot go through for lack of another aggregator: then the round is invalidated instead;
/// - a reward is taken by copying a challenge from the public pool: **not stopped here**; who fears it sends the challenge by a
///   private road to a block builder. The proposal is struck and the bond lost, whoever is paid.
abstract contract Challenges is Rounds, IChallenges {
    using Address for address;

    ChallengeVerifier private immutable _VERIFIER = new ChallengeVerifier();

    /// @inheritdoc IChallenges
    function challengeChunk(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata,
        ChunkProof calldata proof
    ) external {
        _verify(taskId, round, proposal);
        _strike(taskId, round, proposal.aggregator, ChallengeKind.WrongChunk, proof.chunkIndex);
    }

    /// @inheritdoc IChallenges
    function challengeUpdate(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata,
        UpdateProof calldata proof
    ) external {
        _verify(taskId, round, proposal);
        _strike(taskId, round, proposal.aggregator, ChallengeKind.InvalidUpdate, proof.chunkIndex);
    }

    /// @inheritdoc IChallenges
    function challengeWeight(uint32 taskId, uint32 round, Proposal calldata proposal, Commitment[] calldata) external {
        _verify(taskId, round, proposal);
        _strike(taskId, round, proposal.aggregator, ChallengeKind.WrongWeight, 0);
    }

    /// @inheritdoc IChallenges
    function isBarred(uint32 taskId, uint32 round, address aggregator) external view returns (bool) {
        return _barred[taskId][round][aggregator];
    }

    /// @dev Hands the call as it came, and behind it the record of the round, to the verifier's function of the same name;
    /// reverts as that does. The proposal must be the one on record.
    function _verify(uint32 taskId, uint32 round, Proposal calldata proposal) private view {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round, Phase.Proposed);
        _proposalOnRecord(task, taskId, round, proposal);
        bytes32 baseModelRoot = task.modelRoot;
        ChallengedRound memory record = ChallengedRound({
            start: _startAccumulator(taskId, state, baseModelRoot),
            accumulator: task.accumulator,
            baseModelRoot: baseModelRoot,
            parameterCount: task.rules.parameterCount,
            clipLanes: task.rules.clipLanes,
            serverRateQ16: task.rules.serverRateQ16
        });
        address(_VERIFIER).functionStaticCall(bytes.concat(msg.data, abi.encode(record)));
    }

    /// @dev The proposal falls; the round goes on without its aggregator.
    function _strike(uint32 taskId, uint32 round, address aggregator, ChallengeKind kind, uint32 chunkIndex) private {
        Task storage task = _tasks[taskId];
        emit Challenged(taskId, round, msg.sender, aggregator, kind, chunkIndex);
        _barred[taskId][round][aggregator] = true;
        if (task.bonded != address(0)) {
            task.bonded = address(0);
            _slash(taskId, round, aggregator, task.bondWei);
        }
        _retry(task, taskId, task.state, Reason.ChallengeWon);
    }
}
