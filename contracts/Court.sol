// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {FederationData} from "./FederationData.sol";
import {IBonds} from "./interfaces/IBonds.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Accepting} from "./libraries/Accepting.sol";
import {Advertisements} from "./libraries/Advertisements.sol";
import {Creation} from "./libraries/Creation.sol";
import {History} from "./libraries/History.sol";
import {Opening} from "./libraries/Opening.sol";
import {Places} from "./libraries/Places.sol";
import {Records} from "./libraries/Records.sol";
import {SignedStructs} from "./libraries/SignedStructs.sol";
import {Strikes} from "./libraries/Strikes.sol";
import {Access, Attributes, SignedAdvertisement} from "./types/PrivacyTypes.sol";
import {ProofKind} from "./types/ProofTypes.sol";
import {Enrolment, FederationStorage, Task} from "./types/TaskStorage.sol";
import {Evidence, Proposal, TaskRules} from "./types/TaskTypes.sol";

/// @title Court
/// @notice The part of a federation that is not needed in every round: tasks and members come, bonds go, and what
/// follows from a proof. {IFederation} says what each call does.
/// @dev Its code runs in the storage of the federation that names it, and asks that for its roles as anyone would.
/// Called at its own address it has no task, no member and no role, so that nothing can be made or proven and no ether
/// is taken. Attacks considered:
/// - a member says of itself what a task asks for: only the admin sets attributes;
/// - an outsider fills the registry or a task's record: only members write there;
/// - a receiver that reverts blocks a proof, or calls back into it: proofs move no ether, they credit; payments are
/// pulled, each by its owner, the books first;
/// - a member takes its bond out before its lie is proven: it stays for one challenge window after its place was freed.
contract Court is FederationData {
    using Accepting for Task;
    using Advertisements for Task;
    using Creation for FederationStorage;
    using Records for Task;
    using Strikes for FederationStorage;

    bytes32 private constant ADMIN = 0x00;
    bytes32 private constant TASK_CREATOR = keccak256("TASK_CREATOR_ROLE");
    bytes32 private constant PARTICIPANT = keccak256("PARTICIPANT_ROLE");
    bytes32 private constant AGGREGATOR = keccak256("AGGREGATOR_ROLE");
    uint256 private constant MIN_PEER_ID_BYTES = 34;
    uint256 private constant MAX_PEER_ID_BYTES = 64;
    uint256 private constant MAX_MULTIADDRS_BYTES = 1024;
    uint256 private constant MAX_GRANT_BYTES = 256;

    modifier onlyProofs() {
        if (msg.sender != _self.proofs) revert IBonds.OnlyProofs();
        _;
    }

    /// @notice {IMembers}
    function register(
        bytes calldata peerId,
        bytes32 encryptionKey,
        string calldata multiaddrs,
        bytes calldata grant
    ) external {
        if (!_has(PARTICIPANT) && !_has(AGGREGATOR) && !_has(TASK_CREATOR) && !_has(ADMIN)) {
            revert IMembers.NotAMember(msg.sender);
        }
        if (
            peerId.length < MIN_PEER_ID_BYTES ||
            peerId.length > MAX_PEER_ID_BYTES ||
            bytes(multiaddrs).length > MAX_MULTIADDRS_BYTES ||
            grant.length > MAX_GRANT_BYTES
        ) revert IMembers.InvalidContact();
        emit IMembers.MemberRegistered(msg.sender, peerId, encryptionKey, multiaddrs, grant);
    }

    /// @notice {IMembers}
    function setAttributes(address account, Attributes calldata attributes) external {
        _require(ADMIN);
        _self.attributes[account] = attributes;
        emit IMembers.AttributesSet(account, attributes);
    }

    /// @notice {ITasks}
    function createTask(
        TaskRules calldata rules,
        Access calldata access,
        bytes32 modelRoot,
        bytes calldata spec,
        bytes calldata header
    ) external returns (uint32 taskId) {
        _require(TASK_CREATOR);
        return _self.create(rules, access, modelRoot, spec, header);
    }

    /// @notice {IFederation}
    function taskRules(uint32 taskId) external view returns (TaskRules memory) {
        return _self.tasks[taskId].rules;
    }

    /// @notice {IFederation}
    function proofs() external view returns (address) {
        return _self.proofs;
    }

    /// @notice {IFederation}
    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory words) {
        words = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            bytes32 slot = slots[i];
            bytes32 word;
            assembly ("memory-safe") {
                word := sload(slot)
            }
            words[i] = word;
        }
    }

    /// @notice {ITasks}
    function record(uint32 taskId, bytes32 first, uint8 kind, bytes32 hash) external {
        Task storage task = _self.tasks[taskId];
        task.requireTask(taskId, first);
        // only that it is a member counts
        // slither-disable-next-line unused-return
        if (!_has(TASK_CREATOR) && !_has(ADMIN)) Places.requireMember(task, msg.sender);
        task.historyHead = keccak256(abi.encode(task.historyHead, History.RECORDED, msg.sender, kind, hash));
        emit ITasks.Recorded(taskId, msg.sender, kind, hash);
    }

    /// @notice {IRounds}
    function drawRound(uint32 taskId, uint32 round, bytes calldata header) external {
        Opening.draw(_self.tasks[taskId], taskId, round, header);
    }

    /// @notice {IRounds}
    function advertise(uint32 taskId, uint32 round, SignedAdvertisement[] calldata signed) external {
        _self.tasks[taskId].advertise(taskId, round, SignedStructs.domainOf(address(this)), signed);
    }

    /// @notice {IRounds}
    function reassign(uint32 taskId, uint32 round) external {
        _self.tasks[taskId].reassign(taskId, round);
    }

    /// @notice {IBonds}
    function strike(
        Evidence calldata evidence,
        ProofKind kind,
        uint32 index,
        address offender,
        address prover
    ) external onlyProofs {
        _self.strike(evidence, kind, index, offender, prover);
    }

    /// @notice {IBonds}
    function expel(uint32 taskId, uint32 round, address account, ProofKind kind, address prover) external onlyProofs {
        _self.expel(taskId, round, account, kind, prover);
    }

    /// @notice {IBonds}
    function requireEvidence(Evidence calldata evidence) external view {
        Task storage task = _self.tasks[evidence.inputs.taskId];
        Proposal calldata proposal = evidence.proposal;
        if (proposal.aggregator != address(0)) {
            // only that it holds counts
            // slither-disable-next-line unused-return
            Strikes.check(task, evidence);
        } else {
            Strikes.checkInputs(task, evidence.inputs);
        }
    }

    /// @notice {IBonds}
    function releaseBond(uint32 taskId, address account) external {
        Task storage task = _self.tasks[taskId];
        Enrolment storage enrolment = task.enrolments[account];
        if (!enrolment.bonded || enrolment.place != 0 || block.timestamp < enrolment.freeFrom) {
            revert IBonds.StillBonded(enrolment.freeFrom);
        }
        enrolment.bonded = false;
        uint256 amountWei = Places.bondWei(task, enrolment.aggregator);
        _self.credits[account] += amountWei;
        emit IBonds.BondReleased(taskId, account, amountWei);
    }

    /// @notice {IBonds}
    function withdraw() external {
        uint256 amountWei = _self.credits[msg.sender];
        if (amountWei == 0) revert IBonds.NoAmount();
        delete _self.credits[msg.sender];
        emit IBonds.CreditWithdrawn(msg.sender, amountWei);
        // the caller takes what is its own: its books were set to zero before
        // slither-disable-next-line arbitrary-send-eth
        (bool paid, ) = msg.sender.call{value: amountWei}("");
        if (!paid) revert IBonds.PaymentRefused();
    }

    /// @dev The federation keeps its roles; it is asked as anyone would ask it.
    function _has(bytes32 role) private view returns (bool) {
        return IAccessControl(address(this)).hasRole(role, msg.sender);
    }

    function _require(bytes32 role) private view {
        if (!_has(role)) revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, role);
    }
}
