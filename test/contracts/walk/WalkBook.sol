// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {
    Advertisement,
    Commitment,
    Phase,
    Proposal,
    RoundInputs,
    TaskRules
} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {TestBase} from "../support/TestBase.sol";
import {WalkHistory, WalkWallet} from "./WalkWallet.sol";

/// @notice A model or an update whose lanes are all the same. `behind` is the leaf behind its last chunk.
struct Vector {
    int256 lane;
    bytes32 behind;
}

/// @notice What an account is in a task, by the rules; `since` is the number of the round after which it came.
struct Member {
    bool inside;
    bool leaving;
    bool expelled;
    bool bonded;
    bool everIn;
    bool idle;
    uint32 since;
    uint16 spent;
    uint256 freeFrom;
}

/// @notice A task, by the rules: its newest round, and the model that holds.
struct Head {
    uint32 newest;
    uint16 accepted;
    bytes32 root;
    Vector model;
}

/// @notice A round, by the rules. Sets of accounts are bitmaps of their numbers. `assigned` is ACCOUNTS where it is
/// nobody; `wrongs` says in which ways the proposal is a lie; `keysUntil` and `deadline` are last seconds.
struct Book {
    Phase phase;
    uint8 attempt;
    uint8 drawn;
    uint32 enrolled;
    uint64 seed;
    uint256 drawBlock;
    uint256 keysUntil;
    uint256 deadline;
    uint256 aggregators;
    uint256 assigned;
    uint256 members;
    uint256 keyed;
    uint256 committed;
    uint256 invalid;
    uint256 weight;
    uint8[8] slots;
    int256[8] lanes;
    Vector base;
    bytes32 start;
    RoundInputs inputs;
    Proposal proposal;
    Vector proposed;
    bytes openings;
    uint8 falseSlot;
    uint256 wrongs;
    address[] attesters;
    bool accepted;
    bool isVoid;
    uint256 acceptedAt;
}

/// @title WalkBook
/// @notice A federation, who is there, what the walk has noted of them, and where the chain has the same.
/// @dev Accounts: participants 0-2, the wallet 6 and aggregator 8 are honest; participants 3-5, the wallet 7 and
/// aggregators 9 and 10 lie. The code of participant 2 is delegated. The outsider has no role. This contract is the
/// admin.
abstract contract WalkBook is TestBase {
    uint256 internal constant SIGNERS = 6;
    uint256 internal constant PARTICIPANTS = 8;
    uint256 internal constant ACCOUNTS = 11;
    uint256 internal constant HONEST = 0x147;
    uint256 internal constant PURSE = 1000 ether;
    uint256 internal constant MAX_TASKS = 5;
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @dev In which ways a proposal is wrong; the last is seen by who can open the updates, and proven by nobody.
    uint256 internal constant CHUNK = 1;
    uint256 internal constant WEIGHT = 2;
    uint256 internal constant INVALID = 4;
    uint256 internal constant OPENING = 8;
    uint256 internal constant BEHIND = 16;
    uint256 internal constant HIDDEN = 32;

    Calls internal federation;
    Calls internal proofs;
    address[] internal accounts;
    address internal outsider = vm.addr(0xbad);
    uint32 internal taskCount;
    /// @dev Whose role stands.
    uint256 internal roles = (1 << ACCOUNTS) - 1;
    mapping(uint32 taskId => TaskRules) internal rulesOf;
    mapping(uint32 taskId => Head) internal heads;
    mapping(uint32 taskId => mapping(uint256 account => Member)) internal members;
    mapping(uint32 taskId => mapping(uint32 round => Book)) internal books;
    mapping(uint32 taskId => mapping(uint32 place => uint256 acceptedAt)) internal ring;
    mapping(uint32 taskId => mapping(uint32 round => Commitment[])) internal commitments;
    mapping(uint32 taskId => mapping(uint32 round => Advertisement[])) internal advertisements;

    /// @notice What went otherwise than it must; empty while nothing did.
    string public violation;
    /// @notice With what the newest call that was refused was refused.
    bytes public refusal;
    /// @notice How often a step of this name was done.
    mapping(string step => uint256) public done;

    constructor() {
        address court = _deployCode(vm.getCode("Court.sol:Court"));
        proofs = Calls(_deployCode(vm.getCode("Proofs.sol:Proofs")));
        bytes memory code = vm.getCode("Federation.sol:Federation");
        federation = Calls(_deployCode(bytes.concat(code, abi.encode(address(this), court, address(proofs)))));
        federation.grantRole(keccak256("TASK_CREATOR_ROLE"), address(this));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            bool isWallet = i >= SIGNERS && i < PARTICIPANTS;
            accounts.push(isWallet ? address(new WalkWallet()) : vm.addr(_keyOf(i)));
            vm.deal(accounts[i], PURSE);
            federation.grantRole(_roleOf(i), accounts[i]);
        }
        vm.etch(accounts[2], hex"00");
        vm.etch(HISTORY, type(WalkHistory).runtimeCode);
        vm.warp(1_800_000_000);
        vm.roll(20_000);
    }

    function _deployCode(bytes memory code) private returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assertTrue(deployed != address(0), "deployed");
    }

    function _wordAt(uint256 slot) internal view returns (uint256) {
        return uint256(vm.load(address(federation), bytes32(slot)));
    }

    function _creditOf(address account) internal view returns (uint256) {
        return _wordAt(uint256(keccak256(abi.encode(account, 3))));
    }

    /// @dev A word of a task ({TaskStorage}).
    function _word(uint32 taskId, uint256 offset) internal view returns (uint256) {
        return _wordAt(uint256(keccak256(abi.encode(taskId, 1))) + offset);
    }

    function _stateOf(uint32 taskId) internal view returns (RoundState) {
        return RoundState.wrap(_word(taskId, 4));
    }

    function _enrolmentOf(uint32 taskId, uint256 i) internal view returns (uint256) {
        uint256 slot = uint256(keccak256(abi.encode(taskId, 1))) + 14;
        return _wordAt(uint256(keccak256(abi.encode(accounts[i], slot))));
    }

    /// @dev The head that a task's history began with.
    function _first(uint32 taskId) internal view returns (bytes32) {
        return bytes32(_word(taskId, 21));
    }

    function _keyOf(uint256 i) internal pure returns (uint256) {
        return 0xa11ce + i;
    }

    function _isHonest(uint256 i) internal pure returns (bool) {
        return _in(HONEST, i);
    }

    function _roleOf(uint256 i) internal pure returns (bytes32) {
        return i < PARTICIPANTS ? keccak256("PARTICIPANT_ROLE") : keccak256("AGGREGATOR_ROLE");
    }

    /// @dev Whether a set has a number.
    function _in(uint256 set, uint256 i) internal pure returns (bool) {
        return (set >> i) & 1 != 0;
    }

    function _count(uint256 set) internal pure returns (uint256 count) {
        for (; set != 0; set &= set - 1) ++count;
    }

    /// @dev The number of an account; ACCOUNTS where it has none.
    function _indexOf(address account) internal view returns (uint256 i) {
        while (i < ACCOUNTS && accounts[i] != account) ++i;
    }

    /// @dev The bitmap of the slots of a set of accounts.
    function _slotsOf(Book storage book, uint256 set) internal view returns (uint64 slots) {
        for (uint256 i = 0; i < PARTICIPANTS; ++i) if (_in(set, i)) slots |= uint64(1) << book.slots[i];
    }

    /// @dev Calls the federation, or another contract; a refusal is an answer.
    function _try(address sender, address target, bytes memory call, uint256 value) internal returns (bool ok) {
        bytes memory answer;
        vm.prank(sender);
        (ok, answer) = target.call{value: value}(call);
        if (!ok && bytes(violation).length == 0) refusal = answer;
    }

    /// @dev A step that is done exactly where the rules say so.
    function _step(address sender, bytes memory call, bool must, string memory step) internal returns (bool) {
        _expect(_try(sender, address(federation), call, 0), must, step);
        if (must) ++done[step];
        return must;
    }

    function _expect(bool ok, bool must, string memory step) internal {
        if (ok == must || bytes(violation).length != 0) return;
        violation = string.concat(step, ok ? ": done, though it must be refused" : ": refused, though it must be done");
    }

    /// @dev The digest of a struct under the federation's domain.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain = keccak256(
            abi.encode(typeHash, keccak256("Fedledger"), keccak256("2"), block.chainid, address(federation))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev A signature in two words (EIP-2098) of a struct under the federation's domain.
    function _sign(uint256 key, bytes32 structHash) internal view returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, _digest(structHash));
        vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
    }

    /// @dev To a later second, a block each 12.
    function _pass(uint256 time) internal {
        if (time <= block.timestamp) return;
        vm.roll(block.number + 1 + (time - block.timestamp) / 12);
        vm.warp(time);
    }
}
