// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Accepting} from "./libraries/Accepting.sol";
import {Closing} from "./libraries/Closing.sol";
import {Commitments} from "./libraries/Commitments.sol";
import {Opening} from "./libraries/Opening.sol";
import {Places} from "./libraries/Places.sol";
import {Entry, Records} from "./libraries/Records.sol";
import {RoundState} from "./types/RoundState.sol";
import {Enrolment, FederationData, Task} from "./types/TaskStorage.sol";
import {Commitment, Proposal, Signature, SignedCommitment, WalletWord} from "./types/TaskTypes.sol";

/// @title Federation
/// @notice One federation: its members and roles, its tasks, and their rounds, each step of which anyone can check.
/// Events and errors are those of {ITasks}, {IRounds} and {IBonds}. What it stores is read by {Court.extsload}; the
/// layout is held by a test (node/chain/reading/storage-layout.ts).
/// @dev What happens in every round is here, but for the keys of masked ones; the rest is {Court}'s code, which runs in
/// this contract's storage: together the two are larger than one contract may be. Roles are OpenZeppelin's. There is no
/// proxy and no pause: the codes are fixed by the constructor, so the rules of a federation do not change under its
/// members, and nobody can stop a running round. Attacks considered:
/// - a member whose role was taken goes on: losing a role, by whatever road, ends its places in all tasks;
/// - whoever deploys names another code: members compare the codes' hashes with those that they built.
contract Federation is FederationData, AccessControl, EIP712 {
    address private immutable _COURT;

    /// @param admin Who grants and revokes roles.
    /// @param court The deployed code of {Court}.
    /// @param proofs The contract whose proofs count.
    ///
    /// Requirements: there are contracts at the last two ({NoCode}).
    constructor(address admin, address court, address proofs) EIP712("Fedledger", "2") {
        if (court.code.length == 0) revert ITasks.NoCode(court);
        if (proofs.code.length == 0) revert ITasks.NoCode(proofs);
        _COURT = court;
        _self.proofs = proofs;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Every call that this contract does not know is the court's; its answers and errors are passed on as they
    /// are.
    fallback(bytes calldata call) external payable returns (bytes memory) {
        return Address.functionDelegateCall(_COURT, call);
    }

    /// @notice Opens the task's next round. Frees the places of those who left.
    /// @param round Its number: the least above the newest round's whose word's place is free. At most 64 numbers are
    /// passed over, each because the word in its place is still provable.
    ///
    /// Requirements:
    /// - the caller is in the task and not leaving ({NotEnrolled});
    /// - no round is in flight ({WrongPhase}), accepted rounds are left ({TaskComplete});
    /// - at least minUpdates participants are enrolled ({TooFewParticipants});
    /// - the number is that one ({WrongRound}), and its place is free ({RingFull}).
    function openRound(uint32 taskId, uint32 round) external {
        Opening.open(_self, taskId, round);
    }

    /// @notice Commits the caller's update.
    /// @param anchor The round's anchor as the caller knows it: it binds base, draw, keys and history.
    ///
    /// Requirements: the round is the newest and Open; the deadline has not passed ({TooLate}), and where there are
    /// keys their window is over or everybody has advertised ({TooEarly}); the anchor is the round's ({WrongAnchor});
    /// the caller is enrolled, not leaving ({NotEnrolled}), drawn ({NotDrawn}), has not committed ({AlreadyCommitted}),
    /// has budget ({BudgetSpent}), in masked tasks has advertised ({NotAdvertised}); weight and roots are valid
    /// ({InvalidWeight}, {InvalidRoot}).
    function commit(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        bytes32 updateRoot,
        bytes32 contentId,
        uint32 weight
    ) external {
        Commitment memory made = Commitment(msg.sender, 0, weight, updateRoot, contentId);
        Commitments.commit(_self.tasks[taskId], taskId, round, anchor, made);
    }

    /// @notice Commits for participants that signed (EIP-712 Commitment, over the round's anchor). Those that do not
    /// count (any more) are passed over. Anyone may bring them.
    ///
    /// Requirements: the round is the newest and takes commitments, as in {commit}; at least one is added
    /// ({NothingAdded}).
    function commitBatch(uint32 taskId, uint32 round, SignedCommitment[] calldata signed) external {
        Commitments.commitBatch(_self.tasks[taskId], taskId, round, signed);
    }

    /// @notice Freezes the round's updates and assigns an aggregator; with too few updates, without an aggregator, or
    /// without a draw whose block is out of reach, the round is invalid. Anyone may call it once all that may commit
    /// have, or after the deadline.
    function closeRound(uint32 taskId, uint32 round) external {
        Closing.close(_self.tasks[taskId], taskId, round);
    }

    /// @notice Records the assigned aggregator's result.
    /// @param accumulator The round's, over which it was computed.
    /// @param openings As {IRounds.Proposed} says.
    ///
    /// Requirements: the round is the newest and Aggregating, and the deadline has not passed ({TooLate}); the caller
    /// is assigned, for this attempt, and the proposal names it ({NotAssigned}); the accumulator is the round's
    /// ({WrongAccumulator}); roots are not zero ({InvalidRoot}); at least minUpdates are included ({InvalidExclusion});
    /// the weight can be theirs ({WrongTotalWeight}); the openings have their length ({InvalidOpenings}).
    function propose(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        Proposal calldata proposal,
        bytes calldata openings
    ) external {
        Closing.propose(_self.tasks[taskId], taskId, round, accumulator, proposal, openings);
    }

    /// @notice Accepts a proposal by a quorum of attestations (EIP-712 Attestation), whoever brings them. Counted are
    /// accounts that committed in the round and are not expelled, each once; others are passed over. A wallet is asked
    /// (ERC-1271) with at most 50,000 gas, for a word that names it (EIP-712 WalletAttestation).
    /// @param signatures Of accounts with a key.
    /// @param wallets Of contract wallets.
    ///
    /// Requirements: the round is the newest and Proposed, the deadline has not passed ({TooLate}), the proposal is on
    /// record ({WrongProposal}); K, the number of slots that committed less those expelled since, is at least
    /// minUpdates ({TooFewParticipants}); at least max(attestationQuorum, K / 2 + 1) count ({QuorumNotReached}).
    function accept(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) external {
        Accepting.accept(_self.tasks[taskId], taskId, round, proposal, signatures, wallets);
    }

    /// @notice Takes part in a task from its next round on, as a participant. What is sent is the task's participant
    /// bond.
    /// @param first The head that the task's history began with ({ITasks.TaskCreated}): a number alone may mean another
    /// task after a reorganisation.
    /// @param statement Hash of the data statement; zero for none.
    /// @param shareKey As in {ITasks.ShareKeySet}; empty for none.
    ///
    /// Requirements:
    /// - the caller has PARTICIPANT_ROLE;
    /// - the task exists ({UnknownTask}) and is the one meant ({WrongTask}), has rounds left ({TaskComplete}) and a
    /// place ({TaskFull});
    /// - the caller is not in it ({AlreadyEnrolled}), was not expelled from it ({Expelled}) and is in fewer than 16
    /// tasks ({TooManyTasks});
    /// - its attributes let it in ({NotEligible}); it states its data where it must ({NoStatement});
    /// - exactly the bond is sent ({WrongBond}), nothing where a former one is still here; that one was for the same
    /// role ({StillBonded}).
    function enrol(
        uint32 taskId,
        bytes32 first,
        bytes32 statement,
        bytes calldata shareKey
    ) external payable onlyRole(PARTICIPANT_ROLE) {
        Task storage task = _self.tasks[taskId];
        (uint32 index, bytes32 attributesHash) = Places.enter(_self, taskId, first, false);
        if (statement == 0 && task.rules.statementRequired) revert ITasks.NoStatement();
        Records.append(task, abi.encode(Entry.Enrolled, msg.sender, statement, attributesHash));
        emit ITasks.Enrolled(taskId, msg.sender, index, statement, attributesHash);
        if (shareKey.length != 0) Places.announce(task, taskId, shareKey);
    }

    /// @notice Takes part in a task from its next round on, as an aggregator. What is sent is the task's aggregator
    /// bond.
    ///
    /// Requirements: the caller has AGGREGATOR_ROLE; else those of {enrol}.
    function join(uint32 taskId, bytes32 first) external payable onlyRole(AGGREGATOR_ROLE) {
        (uint32 index, bytes32 attributesHash) = Places.enter(_self, taskId, first, true);
        Records.append(_self.tasks[taskId], abi.encode(Entry.Joined, msg.sender, attributesHash));
        emit ITasks.Joined(taskId, msg.sender, index, attributesHash);
    }

    /// @notice Leaves a task: no more commitments and no more assignments, from now on; one that stands is over. What
    /// was committed counts, and may be attested. The place is freed when no round is in flight, and the bond one
    /// challenge window later ({Court.releaseBond}).
    ///
    /// Requirements: the task is the one meant, as in {enrol}; the caller is in it and not leaving ({NotEnrolled}).
    function leave(uint32 taskId, bytes32 first) external {
        Task storage task = _self.tasks[taskId];
        Records.requireTask(task, taskId, first);
        // only that it is a member counts
        // slither-disable-next-line unused-return
        Places.requireMember(task, msg.sender);
        Places.leave(_self, taskId, msg.sender);
    }

    /// @notice Frees the places of those who left, at most 32, as the next opening would. It names no head: it is right
    /// for any task, as it only does what would be done anyway.
    ///
    /// Requirements: the task exists ({UnknownTask}), no round is in flight ({WrongPhase}).
    function freePlaces(uint32 taskId) external {
        Task storage task = _self.tasks[taskId];
        RoundState state = task.state;
        if (task.first == 0) revert ITasks.UnknownTask(taskId);
        if (state.inFlight()) revert IRounds.WrongPhase(state.phase());
        task.state = Places.free(_self, taskId, state);
    }

    /// @notice Brings the calling aggregator back into the rotation after a missed turn. It names no head: it is right
    /// for any task that the caller is in, as it only says that the caller is there.
    ///
    /// Requirements: it is in the task ({NotEnrolled}) and idle ({NotIdle}).
    function resume(uint32 taskId) external {
        Task storage task = _self.tasks[taskId];
        Enrolment storage enrolment = Places.requireMember(task, msg.sender);
        RoundState state = task.state;
        if (!enrolment.aggregator || !state.isIdle(enrolment.place - 1)) revert ITasks.NotIdle(msg.sender);
        task.state = state.withIdle(enrolment.place - 1, false);
        Records.append(task, abi.encode(Entry.Resumed, msg.sender));
        emit ITasks.Resumed(taskId, msg.sender);
    }

    /// @notice Gives the caller's key for the shares of its next round anew, instead of one that was lost.
    ///
    /// Requirements: the task is the one meant, as in {enrol}; the caller is a participant of it ({NotEnrolled}); it is
    /// masked, and the key has its length ({InvalidShareKey}).
    function setShareKey(uint32 taskId, bytes32 first, bytes calldata shareKey) external {
        Task storage task = _self.tasks[taskId];
        Records.requireTask(task, taskId, first);
        if (Places.requireMember(task, msg.sender).aggregator) revert ITasks.NotEnrolled(msg.sender);
        Places.announce(task, taskId, shareKey);
    }

    /// @dev Losing a role ends all places that were had by it.
    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (!revoked || (role != PARTICIPANT_ROLE && role != AGGREGATOR_ROLE)) return revoked;
        uint32[16] memory list = _self.tasksOf[account];
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == 0) continue;
            Enrolment storage enrolment = _self.tasks[list[i]].enrolments[account];
            // who was expelled is listed and leaving already
            if (enrolment.leaving || enrolment.aggregator != (role == AGGREGATOR_ROLE)) continue;
            Places.leave(_self, list[i], account);
        }
    }
}
