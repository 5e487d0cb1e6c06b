// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {
    Advertisement,
    Commitment,
    Evidence,
    Proposal,
    RoundInputs,
    TaskRules
} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {TestBase} from "./TestBase.sol";

/// @notice A round as the walk knows it. `wrong` says that its proposal is a lie.
struct Book {
    RoundInputs inputs;
    Proposal proposal;
    address[] attesters;
    bytes openings;
    bytes32 start;
    bool wrong;
    bool accepted;
    bool isVoid;
    uint256 acceptedAt;
}

/// @title WalkBook
/// @notice A federation, who is there, what the walk has noted of the rounds, and what must hold whatever was called.
/// @dev Accounts: participants 0-2 and aggregator 0 are honest, participants 3-5 and aggregators 1-2 lie. The outsider
/// has no role. This contract is the admin.
abstract contract WalkBook is TestBase {
    uint256 internal constant PARTICIPANTS = 6;
    uint256 internal constant ACCOUNTS = 9;
    uint256 internal constant PURSE = 1000 ether;
    uint256 internal constant MAX_TASKS = 6;

    Calls internal federation;
    Calls internal proofs;
    address[] internal accounts;
    address internal outsider = vm.addr(0xbad);
    uint32 internal taskCount;
    mapping(uint32 taskId => TaskRules) internal rulesOf;
    mapping(uint32 taskId => mapping(uint32 round => Book)) internal books;
    mapping(uint32 taskId => mapping(uint32 round => Commitment[])) internal commitments;
    mapping(uint32 taskId => mapping(uint32 round => Advertisement[])) internal advertisements;

    /// @notice What went otherwise than it must; empty while nothing did.
    string public violation;
    /// @notice How often a step of this name was done.
    mapping(string step => uint256) public done;

    constructor() {
        address court = _deployCode(vm.getCode("Court.sol:Court"));
        proofs = Calls(_deployCode(vm.getCode("Proofs.sol:Proofs")));
        bytes memory code = vm.getCode("Federation.sol:Federation");
        federation = Calls(_deployCode(bytes.concat(code, abi.encode(address(this), court, address(proofs)))));
        federation.grantRole(keccak256("TASK_CREATOR_ROLE"), address(this));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            accounts.push(vm.addr(_keyOf(i)));
            vm.deal(accounts[i], PURSE);
            federation.grantRole(_roleOf(i), accounts[i]);
        }
        vm.warp(1_800_000_000);
    }

    function _deployCode(bytes memory code) private returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assertTrue(deployed != address(0), "deployed");
    }

    /// @notice What does not hold; empty where all does.
    function mismatch() external view returns (string memory) {
        uint256 held = _wordAt(4);
        uint256 liars = 0;
        for (uint256 i = 0; i <= ACCOUNTS; ++i) {
            address account = i == ACCOUNTS ? outsider : accounts[i];
            uint256 own = _creditOf(account) + _bondsOf(account);
            held += own;
            if (i < ACCOUNTS && !_isLiar(i)) {
                if (own + account.balance < PURSE) return "somebody honest has lost something";
                if (_isExpelledAnywhere(account)) return "somebody honest was expelled";
            }
            if (i < ACCOUNTS && _isLiar(i)) liars += own + account.balance;
        }
        if (held != address(federation).balance) return "bonds, credits and what was burnt are not the balance";
        if (liars > 5 * PURSE) return "liars have gained";
        for (uint32 taskId = 1; taskId <= taskCount; ++taskId) {
            if (!_followsBooks(taskId)) return "the model is not that of the last round that is accepted and not void";
        }
        return "";
    }

    /// @dev The model and the count of accepted rounds are those of the books.
    function _followsBooks(uint32 taskId) private view returns (bool) {
        RoundState state = _stateOf(taskId);
        bytes32 root = _initialRoot(taskId);
        uint256 count = 0;
        for (uint32 round = 1; round <= state.round(); ++round) {
            Book storage book = books[taskId][round];
            if (!book.accepted || book.isVoid) continue;
            ++count;
            root = book.proposal.modelRoot;
        }
        return count == state.accepted() && bytes32(_word(taskId, 2)) == root;
    }

    function _bondsOf(address account) private view returns (uint256 sum) {
        for (uint32 taskId = 1; taskId <= taskCount; ++taskId) {
            uint256 enrolment = _enrolmentOf(taskId, account);
            if (!_has(enrolment, 184)) continue;
            TaskRules storage rules = rulesOf[taskId];
            sum += uint256(_has(enrolment, 168) ? rules.aggregatorBondGwei : rules.participantBondGwei) * 1 gwei;
        }
    }

    function _isExpelledAnywhere(address account) private view returns (bool) {
        for (uint32 taskId = 1; taskId <= taskCount; ++taskId) {
            if (_has(_enrolmentOf(taskId, account), 192)) return true;
        }
        return false;
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

    function _enrolmentOf(uint32 taskId, address account) internal view returns (uint256) {
        uint256 slot = uint256(keccak256(abi.encode(taskId, 1))) + 14;
        return _wordAt(uint256(keccak256(abi.encode(account, slot))));
    }

    /// @dev Whether a flag of an enrolment is set.
    function _has(uint256 enrolment, uint256 bit) internal pure returns (bool) {
        return (enrolment >> bit) & 1 != 0;
    }

    /// @dev Whether the account has a place and is not leaving.
    function _isIn(uint32 taskId, address account) internal view returns (bool) {
        uint256 enrolment = _enrolmentOf(taskId, account);
        return uint32(enrolment) != 0 && !_has(enrolment, 176);
    }

    /// @dev The head that a task's history began with.
    function _first(uint32 taskId) internal view returns (bytes32) {
        return bytes32(_word(taskId, 21));
    }

    function _initialRoot(uint32 taskId) internal pure returns (bytes32) {
        return keccak256(abi.encode("initial", taskId));
    }

    function _evidenceOf(uint32 taskId, uint32 round) internal view returns (Evidence memory) {
        Book storage book = books[taskId][round];
        return Evidence(book.inputs, book.proposal, book.attesters);
    }

    function _keyOf(uint256 i) internal pure returns (uint256) {
        return 0xa11ce + i;
    }

    function _isLiar(uint256 i) internal pure returns (bool) {
        return i < PARTICIPANTS ? i >= 3 : i > PARTICIPANTS;
    }

    function _roleOf(uint256 i) internal pure returns (bytes32) {
        return i < PARTICIPANTS ? keccak256("PARTICIPANT_ROLE") : keccak256("AGGREGATOR_ROLE");
    }

    /// @dev Calls the federation, or another contract; a refusal is an answer.
    function _try(address sender, address target, bytes memory call, uint256 value) internal returns (bool ok) {
        vm.prank(sender);
        (ok, ) = target.call{value: value}(call);
    }

    function _call(address sender, bytes memory call, string memory step) internal returns (bool ok) {
        ok = _try(sender, address(federation), call, 0);
        if (ok) ++done[step];
    }

    /// @dev A step that must be refused, or must not.
    function _expect(bool ok, bool must, string memory otherwise) internal {
        if (ok != must && bytes(violation).length == 0) violation = otherwise;
    }

    /// @dev A signature in two words (EIP-2098) of a struct under the federation's domain.
    function _sign(uint256 key, bytes32 structHash) internal view returns (bytes32 r, bytes32 vs) {
        bytes32 typeHash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain = keccak256(
            abi.encode(typeHash, keccak256("Fedledger"), keccak256("2"), block.chainid, address(federation))
        );
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
    }
}
