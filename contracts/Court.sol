// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";
import {IBonds} from "./interfaces/IBonds.sol";
import {IFederation} from "./interfaces/IFederation.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Accepting} from "./libraries/Accepting.sol";
import {Commitments} from "./libraries/Commitments.sol";
import {Opening} from "./libraries/Opening.sol";
import {Places} from "./libraries/Places.sol";
import {Entry, Records} from "./libraries/Records.sol";
import {Charge, Strikes} from "./libraries/Strikes.sol";
import {Proofs} from "./Proofs.sol";
import {ProofKind} from "./types/ProofTypes.sol";
import {Enrolment, FederationData, Task} from "./types/TaskStorage.sol";
import {Access, Attributes, Evidence, SignedAdvertisement, TaskRules} from "./types/TaskTypes.sol";

/// @title Court
/// @notice The part of a federation that transparent rounds do not need: tasks and members come, bonds go, keys of
/// masked and encrypted rounds are taken, draws made, aggregators replaced, and what follows from a proof.
/// @dev Its code runs in the storage of the federation that names it, and asks that for its roles as anyone would.
/// Called at its own address it has no task, no member and no role, so that nothing can be made or proven and no ether
/// is taken. Attacks considered:
/// - a member says of itself what a task asks for: only the admin sets attributes;
/// - rules under which a task stalls, or no proof can be made: {Proofs.checkRules};
/// - a restriction of a task is taken back later: it is fixed at its creation, and bound by the first head of the
/// history;
/// - lists so long that nobody can enrol: 32 entries;
/// - an outsider fills the registry or a task's record: only members write there;
/// - a receiver that reverts blocks a proof, or calls back into it: proofs move no ether, they credit; payments are
/// pulled, each by its owner, the books first;
/// - a member takes its bond out before its lie is proven: it stays for one challenge window after its place was freed.
contract Court is FederationData, IFederation {
    bytes32 private constant ADMIN = 0x00;

    modifier onlyProofs() {
        if (msg.sender != _self.proofs) revert IBonds.OnlyProofs();
        _;
    }

    /// @notice Enters or replaces the caller's contact record. The registry is the meeting point of the peer-to-peer
    /// network: a node admits exactly the PeerIds listed here; a PeerId proves itself at the connection, so two members
    /// may name one.
    ///
    /// Requirements: the caller holds any role ({NotAMember}); lengths are in range ({InvalidContact}).
    function register(
        bytes calldata peerId,
        bytes32 encryptionKey,
        string calldata multiaddrs,
        bytes calldata grant
    ) external {
        bool isMember = _has(PARTICIPANT_ROLE) || _has(AGGREGATOR_ROLE) || _has(TASK_CREATOR_ROLE) || _has(ADMIN);
        if (!isMember) revert ITasks.NotAMember(msg.sender);
        bool isPeerId = peerId.length >= 34 && peerId.length <= 64;
        if (!isPeerId || bytes(multiaddrs).length > 1024 || grant.length > 256) revert ITasks.InvalidContact();
        emit ITasks.MemberRegistered(msg.sender, peerId, encryptionKey, multiaddrs, grant);
    }

    /// @notice Sets what is said of an account, instead of what was said before. Places that it has stay its own: who
    /// is to lose them loses its role.
    ///
    /// Requirements: the caller is an admin.
    function setAttributes(address account, Attributes calldata attributes) external {
        _require(ADMIN);
        _self.attributes[account] = attributes;
        emit ITasks.AttributesSet(account, attributes);
    }

    /// @notice Creates a task.
    /// @param header RLP of the header of the block before; empty where the task does not draw.
    ///
    /// Requirements:
    /// - the caller has TASK_CREATOR_ROLE;
    /// - every rule is in its range ({InvalidRule}, {WeightOverflow}, {RoundTooLong}); bonds are at least
    /// {Proofs.leastBondWei} ({InvalidBond});
    /// - the access lists have at most 32 entries each, none of them zero ({InvalidAccess});
    /// - the specification has 1 to 8192 bytes ({InvalidSpec}); the root of the initial model is not zero
    /// ({InvalidRoot});
    /// - the precompiles that the mode's proofs need answer, and where the task draws, block hashes do, with another
    /// randomness in the header given than in this block ({ChainLacks}, {WrongHeader}).
    // in memory, where they are hashed and emitted whole
    // solhint-disable-next-line gas-calldata-parameters
    function createTask(
        TaskRules memory rules,
        Access memory access,
        bytes32 modelRoot,
        bytes calldata spec,
        bytes calldata header
    ) external returns (uint32 taskId) {
        _require(TASK_CREATOR_ROLE);
        _checkEntries(access.organisations);
        _checkEntries(access.regions);
        if (spec.length == 0 || spec.length > 8192) revert ITasks.InvalidSpec();
        if (modelRoot == 0) revert IRounds.InvalidRoot();
        Proofs(_self.proofs).checkRules(rules, header);

        taskId = ++_self.taskCount;
        Task storage task = _self.tasks[taskId];
        task.rules = rules;
        task.modelRoot = modelRoot;
        bool isOpen = access.organisations.length == 0 && access.regions.length == 0 && access.clearance == 0;
        if (!isOpen) task.access = access;
        (bytes32 rulesHash, bytes32 accessHash) = (keccak256(abi.encode(rules)), keccak256(abi.encode(access)));
        bytes32 head = keccak256(
            abi.encode(block.chainid, address(this), taskId, rulesHash, modelRoot, keccak256(spec), accessHash)
        );
        task.first = head;
        task.historyHead = head;
        emit ITasks.TaskCreated(taskId, msg.sender, rules, access, modelRoot, spec, head);
    }

    /// @inheritdoc IFederation
    function taskRules(uint32 taskId) external view returns (TaskRules memory) {
        return _self.tasks[taskId].rules;
    }

    /// @notice The contract whose proofs count.
    function proofs() external view returns (address) {
        return _self.proofs;
    }

    /// @notice The words of these storage slots.
    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory words) {
        words = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) words[i] = StorageSlot.getBytes32Slot(slots[i]).value;
    }

    /// @notice Puts a hash on the task's record: an event that the history head binds.
    ///
    /// Requirements: the task is the one meant, as in {Federation.enrol}; the caller is in it, may create tasks, or is
    /// an admin ({NotEnrolled}).
    function record(uint32 taskId, bytes32 first, uint8 kind, bytes32 hash) external {
        Task storage task = _self.tasks[taskId];
        Records.requireTask(task, taskId, first);
        // only that it is a member counts
        // slither-disable-next-line unused-return
        if (!_has(TASK_CREATOR_ROLE) && !_has(ADMIN)) Places.requireMember(task, msg.sender);
        Records.append(task, abi.encode(Entry.Recorded, msg.sender, kind, hash));
        emit ITasks.Recorded(taskId, msg.sender, kind, hash);
    }

    /// @notice Draws a round's participants by the block that its opening fixed; windows run from here. Anyone may give
    /// the header.
    /// @param header RLP of that block's header.
    ///
    /// Requirements: the round is the newest ({WrongRound}) and Drawing ({WrongPhase}); the block's hash answers
    /// ({NoBlockHash}) and is the header's ({WrongHeader}).
    function drawRound(uint32 taskId, uint32 round, bytes calldata header) external {
        Opening.draw(_self.tasks[taskId], taskId, round, header);
    }

    /// @notice Advertises keys for participants that signed (EIP-712 Advertisement, over the round's start value).
    /// Those that do not count (any more) are passed over: not enrolled, leaving, expelled, not drawn, without budget,
    /// advertised already, a key that is none, a signature over anything else. Anyone may bring them.
    ///
    /// Requirements: the round is the newest and Open, the task masked or encrypted ({WrongMode}), the key window not
    /// over ({TooLate}); at least one is added ({NothingAdded}).
    function advertise(uint32 taskId, uint32 round, SignedAdvertisement[] calldata signed) external {
        Commitments.advertise(_self.tasks[taskId], taskId, round, signed);
    }

    /// @notice Assigns the next aggregator; where no attempt is left, nobody can be assigned, or fewer than minUpdates
    /// that committed are not expelled, the round is invalid. Anyone may call it after the deadline of the aggregator
    /// or of the attestations; in the last case at once.
    function reassign(uint32 taskId, uint32 round) external {
        Accepting.reassign(_self.tasks[taskId], taskId, round);
    }

    /// @inheritdoc IFederation
    function strike(
        Evidence calldata evidence,
        ProofKind kind,
        uint32 index,
        address offender,
        address prover
    ) external onlyProofs {
        Charge memory charge = Charge(evidence.inputs.taskId, evidence.inputs.round, kind, prover);
        Strikes.strike(_self, evidence, charge, index, offender);
    }

    /// @inheritdoc IFederation
    function expel(uint32 taskId, uint32 round, address account, ProofKind kind, address prover) external onlyProofs {
        Strikes.expel(_self, Charge(taskId, round, kind, prover), account);
    }

    /// @inheritdoc IFederation
    function requireEvidence(Evidence calldata evidence) external view {
        Strikes.requireEvidence(_self.tasks[evidence.inputs.taskId], evidence);
    }

    /// @notice Makes a bond its owner's credit, one challenge window after its place was freed. Anyone may call it.
    ///
    /// Requirements: there is a bond, of one without a place, not expelled, whose time is over ({StillBonded}).
    function releaseBond(uint32 taskId, address account) external {
        Task storage task = _self.tasks[taskId];
        Enrolment storage enrolment = task.enrolments[account];
        bool isFree = enrolment.bonded && enrolment.place == 0 && block.timestamp >= enrolment.freeFrom;
        if (!isFree) revert IBonds.StillBonded(enrolment.freeFrom);
        enrolment.bonded = false;
        uint256 amountWei = Places.bondWei(task, enrolment.aggregator);
        _self.credits[account] += amountWei;
        emit IBonds.BondReleased(taskId, account, amountWei);
    }

    /// @notice Pays the caller its credit: bonds released and rewards.
    ///
    /// Requirements: there is a credit ({NoAmount}), the caller takes the ether ({PaymentRefused}).
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

    function _checkEntries(bytes32[] memory entries) private pure {
        if (entries.length > 32) revert ITasks.InvalidAccess();
        for (uint256 i = 0; i < entries.length; ++i) if (entries[i] == 0) revert ITasks.InvalidAccess();
    }
}
