// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "./RoundState.sol";
import {Access, Attributes, TaskRules} from "./TaskTypes.sol";

/// @notice A member of a task, in one slot. The rules that a commitment needs are copied here, as rules never change.
/// @param place Its index in the list of participants or of aggregators, plus 1; 0 where it has none.
/// @param maxWeight Greatest weight of an update; of participants.
/// @param roundsPerParticipant As in the rules; of participants.
/// @param roundsCommitted Rounds of its budget that are spent. Outlasts leaving.
/// @param pendingRound Masked: the round that is spent, too, unless it ended while Open. Outlasts leaving.
/// @param freeFrom Second from which its bond may leave; set when its place is freed.
/// @param aggregator Whether its place is, or was, among the aggregators.
/// @param leaving Whether its place is to be freed.
/// @param bonded Whether its bond is here.
/// @param expelled Whether it was expelled. Never taken back.
/// @param keyed Whether the task has a key window.
struct Enrolment {
    uint32 place;
    uint32 maxWeight;
    uint16 roundsPerParticipant;
    uint16 roundsCommitted;
    uint32 pendingRound;
    uint40 freeFrom;
    bool aggregator;
    bool leaving;
    bool bonded;
    bool expelled;
    bool keyed;
}

/// @notice What only some rounds need, in one slot.
/// @param keyed Slots that advertised; in tasks with a key window.
/// @param expelled Slots that committed and were expelled; where the state says that there are any.
/// @param seed Randomness of the draw; where not everybody is drawn.
/// @param drawBlock The block that draws; where not everybody is drawn.
struct Marks {
    uint64 keyed;
    uint64 expelled;
    uint64 seed;
    uint64 drawBlock;
}

/// @notice Rounds that a roll-back made void, first and last included.
struct Interval {
    uint32 first;
    uint32 last;
}

/// @notice A task and its newest round. The model that the round in flight starts from is `modelRoot`.
/// @dev Offsets from the task's first slot, of which readers off the chain take what they show (node/chain): 0-1 rules,
/// 2 modelRoot, 3 historyHead, 4 state, 5 anchor, 6 accumulator, 7 pending, 8 start, 9 openingsHash, 10 marks, 11
/// participants, 12 aggregators, 13 leavers, 14 enrolments, 15 ring, 16 voids, 17 endedOpen, 18-20 access, 21
/// first.
/// @param anchor The round's anchor; while Drawing, the history head at the opening.
/// @param accumulator Behind the newest commitment; before the first it is the anchor, and this is not written.
/// @param pending The assigned aggregator's address while Aggregating, the proposal's hash while Proposed.
/// @param start The round's start value; in tasks with a key window.
/// @param openingsHash Of the proposal's openings; in tasks with a key window.
/// @param leavers Places to be freed; of aggregators plus 2^31. What is said of a place that was freed already is
/// passed over.
/// @param ring Words of accepted rounds, by the round's number modulo the ring's length.
/// @param voids Disjoint, ascending.
/// @param first The head that the history began with: which task this is.
/// @param endedOpen Masked: bitmap of the rounds that ended while Open, 256 a word.
struct Task {
    TaskRules rules;
    bytes32 modelRoot;
    bytes32 historyHead;
    RoundState state;
    bytes32 anchor;
    bytes32 accumulator;
    bytes32 pending;
    bytes32 start;
    bytes32 openingsHash;
    Marks marks;
    address[] participants;
    address[] aggregators;
    uint32[] leavers;
    mapping(address account => Enrolment) enrolments;
    mapping(uint256 place => uint256 word) ring;
    Interval[] voids;
    mapping(uint256 index => uint256 bitmap) endedOpen;
    Access access;
    bytes32 first;
}

/// @notice All that a federation stores but for its roles.
/// @dev Slots: 0 proofs and, from bit 160, taskCount; 1 tasks; 2 tasksOf; 3 credits; 4 burntWei; 5 attributes.
/// @param proofs The contract whose proofs count; never changed.
/// @param tasksOf Numbers of the tasks in which an account has a place and is not leaving; holes are 0.
struct FederationStorage {
    address proofs;
    uint32 taskCount;
    mapping(uint32 taskId => Task) tasks;
    mapping(address account => uint32[16] taskIds) tasksOf;
    mapping(address account => uint256 creditWei) credits;
    uint256 burntWei;
    mapping(address account => Attributes) attributes;
}

/// @title FederationData
/// @notice What {Federation} and {Court} store, and the roles that both ask for: both begin with it, so that a slot has
/// one meaning in each.
/// @dev Nothing may declare storage before it, and the court declares none behind it.
abstract contract FederationData {
    /// @notice May create tasks.
    bytes32 internal constant TASK_CREATOR_ROLE = keccak256("TASK_CREATOR_ROLE");
    /// @notice May enrol in tasks.
    bytes32 internal constant PARTICIPANT_ROLE = keccak256("PARTICIPANT_ROLE");
    /// @notice May join tasks as an aggregator.
    bytes32 internal constant AGGREGATOR_ROLE = keccak256("AGGREGATOR_ROLE");

    FederationStorage internal _self;
}
