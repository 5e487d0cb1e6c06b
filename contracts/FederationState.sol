// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {Access, Attributes} from "./types/PrivacyTypes.sol";
import {RoundState} from "./types/RoundState.sol";
import {TaskRules} from "./types/TaskTypes.sol";

/// @dev A participant in a task, in one slot. The two rules a commitment needs are copied here, as rules never change.
/// `place` is the index plus 1; 0 is not enrolled. `roundsCommitted` counts only where the task limits it; it and `expelled`
/// outlast leaving. `bonded` says that the task's participant bond is locked for this place, `keyed` that the task has a key window.
struct Enrolment {
    uint32 place;
    uint32 maxWeight;
    uint16 roundsPerParticipant;
    uint16 roundsCommitted;
    bool leaving;
    bool bonded;
    bool expelled;
    bool keyed;
}

/// @dev A round. `pending` is the assigned aggregator's address while Aggregating, and the proposal's hash from Proposed on: the
/// proposal names its aggregator, so that one slot serves both. `bonded` is whose bond answers for the round; zero while none does.
/// The last three are written in tasks with a key window only: the slots that advertised, the accumulator when the first committed, and
/// the hash of what opens the proposal's sum.
struct RoundRecord {
    RoundState state;
    bytes32 accumulator;
    bytes32 baseModelRoot;
    bytes32 pending;
    address bonded;
    uint64 withheld;
    uint8 openDemands;
    uint64 keyed;
    bytes32 keysAccumulator;
    bytes32 openingsHash;
}

/// @dev A task. Its newest round stands at the parity of its number, the one before at the other: two can be in flight.
/// `candidateRoot` is the newest proposal's model root, kept only where the task is pipelined. `restricted` says that only some may join.
struct Task {
    TaskRules rules;
    bytes32 modelRoot;
    bytes32 candidateRoot;
    bytes32 historyHead;
    RoundRecord[2] rounds;
    address[] participants;
    address[] leavers;
    mapping(address participant => Enrolment) enrolments;
    bool restricted;
}

/// @dev What an account has bonded.
struct BondAccount {
    uint96 freeWei;
    uint96 lockedWei;
}

/// @dev What is on its way out of an account's bond.
struct Departure {
    uint96 amountWei;
    uint40 withdrawableFrom;
}

/// @dev An open demand is one with a demander; an answered one keeps its deadline, so that it is not made again.
struct OpenDemand {
    address demander;
    uint40 deadline;
}

/// @dev A reward that waits for whoever reserved the challenge before it was won.
struct HeldReward {
    address challenger;
    uint40 wonAt;
    uint48 amountGwei;
}

/// @dev How long an unbonded amount takes to leave: longer than the challenge window of any task with a bond.
uint256 constant UNBONDING_S = 14 days;
/// @dev How long a reward that was won without a reservation is held.
uint256 constant CLAIM_S = 1 hours;
/// @dev May be assigned to aggregate a round.
bytes32 constant AGGREGATOR = keccak256("AGGREGATOR_ROLE");

/// @title FederationState
/// @notice All storage that the federation, its court and {Privacy} share.
/// @dev All three begin with this one, so that a slot has one meaning in each: their code runs in the federation's
/// storage. Nothing may declare storage before it, and the other two declare none after it. What differs by the code that
/// runs is asked through functions: who holds the aggregator's role, and the domain of signatures.
abstract contract FederationState {
    // Some are written by the court alone and read by others: Slither, which does not follow the fallback, takes
    // them for never written.
    mapping(uint32 taskId => Task) internal _tasks;
    mapping(address participant => EnumerableSet.UintSet taskIds) internal _tasksOf;
    // written by the court's code alone, which runs in this storage
    // slither-disable-next-line uninitialized-state
    mapping(uint32 taskId => mapping(uint32 round => mapping(address aggregator => bool))) internal _barred;
    mapping(address account => BondAccount) internal _accounts;
    // slither-disable-next-line uninitialized-state
    mapping(address account => Departure) internal _departures;
    // slither-disable-next-line uninitialized-state
    mapping(address account => uint256 creditWei) internal _credits;
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 demandId => OpenDemand) internal _demands;
    mapping(bytes32 reservation => uint256 madeAt) internal _reservations;
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 caseHash => HeldReward) internal _heldRewards;
    // slither-disable-next-line uninitialized-state
    uint256 internal _burntWei;
    mapping(address account => Attributes) internal _attributes;
    mapping(uint32 taskId => Access) internal _access;

    /// @dev Number of accounts with the aggregator's role.
    function _aggregatorCount() internal view virtual returns (uint256);

    /// @dev The aggregator at a place of the role's enumeration, from 0.
    function _aggregatorAt(uint256 place) internal view virtual returns (address);

    /// @dev EIP-712 digest of a struct under the federation's domain.
    function _digest(bytes32 structHash) internal view virtual returns (bytes32);
}
