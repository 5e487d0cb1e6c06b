// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Access, Attributes, TaskRules} from "../types/TaskTypes.sol";

/// @title ITasks
/// @notice Events and errors of the federation's members, of its training tasks, their immutable rules, and who takes
/// part in each: participants and aggregators, an account never as both.
/// @dev **History head.** It begins as keccak256(abi.encode(chain id, contract, taskId, keccak256(abi.encode(rules)),
/// modelRoot, keccak256(spec), keccak256(abi.encode(access)))) and grows by one entry for whatever of a task is no
/// commitment or advertisement (those are in the round's accumulator): keccak256(abi.encode(head, number of the entry,
/// its fields)). Entries are: 1 Enrolled(account, statement, keccak256(abi.encode(attributes))); 2 Joined(account,
/// keccak256(abi.encode(attributes))); 3 Leaving(account); 4 Freed(number of places); 5 Resumed(account); 6
/// Recorded(account, kind, hash); 7 Accepted(round, keccak256 of the word's preimage); 8 Invalid(round, reason, anchor,
/// accumulator, standing), anchor and accumulator 0 where there was no draw; 9 Reassigned(round, attempt, aggregator,
/// reason, standing); 10 Struck(round, kind, index, prover, first void round, last void round, proposal's hash,
/// offender), the void rounds 0 where there are none; 11 Expelled(round, account, kind, prover), for what is no part of
/// a strike; 12 ShareKey(account, keccak256(shareKey)). `standing` is the hash of the proposal that stood, or 0.
interface ITasks {
    /// @notice A member entered or changed its contact record.
    /// @param member The member's account.
    /// @param peerId The libp2p PeerId as its multihash bytes.
    /// @param encryptionKey The member's X25519 public key (HPKE).
    /// @param multiaddrs Where it listens, as multiaddr text, one a line (LF); may be empty.
    /// @param grant The admin's signed grant of its role (docs/protocol.md), for members who believe no endpoint; may
    /// be empty.
    event MemberRegistered(address indexed member, bytes peerId, bytes32 encryptionKey, string multiaddrs, bytes grant);
    /// @notice The admin said something else of an account.
    event AttributesSet(address indexed account, Attributes attributes);
    /// @notice A task was created.
    /// @param taskId Number of the task, from 1.
    /// @param creator Who created it.
    /// @param rules Its rules, enforced by this contract.
    /// @param access Who may take part.
    /// @param modelRoot Chunk tree root of the initial model.
    /// @param spec The task's specification: canonical JSON (RFC 8785), see docs/protocol.md.
    /// @param historyHead Head of the task's history behind it.
    event TaskCreated(
        uint32 indexed taskId,
        address indexed creator,
        TaskRules rules,
        Access access,
        bytes32 modelRoot,
        bytes spec,
        bytes32 historyHead
    );
    /// @notice A participant has the next free place.
    /// @param statement Hash of its data statement; zero where it makes none.
    /// @param attributesHash keccak256(abi.encode(attributes)) of what was said of it then.
    event Enrolled(
        uint32 indexed taskId,
        address indexed participant,
        uint32 index,
        bytes32 statement,
        bytes32 attributesHash
    );
    /// @notice An aggregator has the next free place among the aggregators.
    event Joined(uint32 indexed taskId, address indexed aggregator, uint32 index, bytes32 attributesHash);
    /// @notice A member leaves, because it asked to, lost its role, or was expelled: its place is freed between rounds.
    event Leaving(uint32 indexed taskId, address indexed account);
    /// @notice A place was freed; the last one of the list moved there.
    event Left(uint32 indexed taskId, address indexed account);
    /// @notice An aggregator that missed a turn is back in the rotation.
    event Resumed(uint32 indexed taskId, address indexed aggregator);
    /// @notice A participant's key for the shares of its next round: 32 bytes of X25519 key, 64 of EIP-712 signature
    /// (ShareKey; r, vs).
    event ShareKeySet(uint32 indexed taskId, address indexed participant, bytes shareKey);
    /// @notice A member put a hash on the task's record.
    /// @param kind 1 approval, 2 incident; others are their authors'.
    event Recorded(uint32 indexed taskId, address indexed author, uint8 kind, bytes32 hash);

    /// @notice There is no contract at an address that the federation's constructor was given.
    error NoCode(address account);
    /// @notice The account holds no role of the federation.
    error NotAMember(address account);
    /// @notice A PeerId is 34 to 64 bytes, multiaddrs are at most 1024 bytes, a grant at most 256.
    error InvalidContact();
    /// @notice No task has this number.
    error UnknownTask(uint32 taskId);
    /// @notice The task of this number began with another head.
    error WrongTask(bytes32 first);
    /// @notice A rule is out of range; `field` is its place in {TaskRules}, from 0.
    error InvalidRule(uint8 field);
    /// @notice maxUpdates * maxWeight * clipLanes does not fit the exact arithmetic (2^52; masked 2^31, encrypted
    /// 2^29).
    error WeightOverflow();
    /// @notice The specification is empty or longer than 8192 bytes.
    error InvalidSpec();
    /// @notice The access lists have more than 32 entries or a zero.
    error InvalidAccess();
    /// @notice A bond is below the task's least.
    error InvalidBond(uint256 leastWei);
    /// @notice In a task with bonds, keys + commit + attempts * (aggregate + attest) is at most 14 days.
    error RoundTooLong();
    /// @notice This chain lacks what the task's proofs or its draw need: `what` is the number of a precompile, 4788 for
    /// block hashes with differing randomness, 2935 for older block hashes.
    error ChainLacks(uint256 what);
    /// @notice The account was expelled from this task for misconduct.
    error Expelled(address account);
    /// @notice Already in this task, or still leaving it.
    error AlreadyEnrolled(address account);
    /// @notice Not in this task, or leaving it.
    error NotEnrolled(address account);
    /// @notice The account's attributes are not those that the task asks for.
    error NotEligible(address account);
    /// @notice The task asks for a statement of the data.
    error NoStatement();
    /// @notice An account can be in 16 tasks at once.
    error TooManyTasks();
    /// @notice The task has no place left: 2^18 - 1 participants (maxUpdates where it does not draw), 32 aggregators.
    error TaskFull(uint32 taskId);
    /// @notice The task has its accepted rounds.
    error TaskComplete(uint32 taskId);
    /// @notice What was sent is not the task's bond (nothing, where the account's former bond is still here).
    error WrongBond(uint256 expectedWei);
    /// @notice A share key has 96 bytes, and is given in masked tasks only.
    error InvalidShareKey();
    /// @notice The account is not idle.
    error NotIdle(address account);
}
