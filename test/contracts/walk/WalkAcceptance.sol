// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase, Proposal, Signature, WalletWord} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book, Head} from "./WalkBook.sol";
import {WalkProposals} from "./WalkProposals.sol";
import {WalkWallet} from "./WalkWallet.sol";

/// @title WalkAcceptance
/// @notice Acceptance by quorums, honest ones of what is right only, liars and their wallet of anything.
abstract contract WalkAcceptance is WalkProposals {
    bytes32 private constant ATTESTATION = keccak256("Attestation(uint32 taskId,uint32 round,bytes32 proposalHash)");
    bytes32 private constant WALLET_ATTESTATION = keccak256(
        "WalletAttestation(uint32 taskId,uint32 round,bytes32 proposalHash,address wallet)"
    );

    /// @notice A set of participants attests; of a lie, liars only. Of the bogus ones words over something else are
    /// brought. The liar's wallet answers as it likes, and otherwise when it was asked before.
    function _accept(uint32 taskId, uint256 set, uint256 bogus, uint256 seed) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        if (book.proposal.aggregator == address(0)) return;
        if (book.wrongs != 0) set &= ~HONEST;
        // wallets are in no list of signatures
        bogus &= (1 << SIGNERS) - 1;
        Proposal memory given = book.proposal;
        // liars may sign what does not stand
        if (seed % 16 == 3) (given.contentId, set) = ("another", set & ~HONEST);
        bytes32 hash = _hashOf(taskId, round, given);
        bytes memory call = abi.encodeCall(
            Calls.accept,
            (taskId, round, given, _signatures(taskId, round, hash, set, bogus), _wallets(taskId, round, hash, set))
        );
        if ((seed >> 4) % 4 == 0) {
            _sway(0);
            uint256 asked = vm.snapshotState();
            _try(outsider, address(federation), call, 0);
            vm.revertToState(asked);
            _sway(seed >> 8);
        }
        _acceptBy(taskId, round, call, _counted(taskId, book, set & ~bogus), seed % 16 != 3);
    }

    function _acceptBy(uint32 taskId, uint32 round, bytes memory call, uint256 counted, bool must) internal {
        Book storage book = books[taskId][round];
        uint256 left = _count(_counting(taskId, book));
        uint256 quorum = left / 2 + 1;
        if (quorum < rulesOf[taskId].attestationQuorum) quorum = rulesOf[taskId].attestationQuorum;
        must = must && book.phase == Phase.Proposed && block.timestamp <= book.deadline;
        must = must && left >= rulesOf[taskId].minUpdates && _count(counted) >= quorum;
        if (!_step(outsider, call, must, "accept")) return;
        ++done[book.wrongs != 0 ? "accept a lie" : "accept what is right"];
        if (_in(counted, 6)) ++done["accept by a wallet"];
        _expect(book.wrongs != 0 && counted & HONEST != 0, false, "an honest word for a lie");
        (book.phase, book.accepted, book.acceptedAt) = (Phase.Accepted, true, block.timestamp);
        ring[taskId][round % 64] = block.timestamp;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) if (_in(counted, i)) book.attesters.push(accounts[i]);
        Head storage head = heads[taskId];
        (head.root, head.model, head.accepted) = (book.proposal.modelRoot, book.proposed, head.accepted + 1);
    }

    /// @dev Whose words of a set count.
    function _counted(uint32 taskId, Book storage book, uint256 set) internal view returns (uint256) {
        uint256 mood = WalkWallet(payable(accounts[7])).mood();
        if (mood != 0 && mood != 3 && mood != 6) set &= 0x7f;
        return set & _counting(taskId, book);
    }

    function _signatures(
        uint32 taskId,
        uint32 round,
        bytes32 hash,
        uint256 set,
        uint256 bogus
    ) internal view returns (Signature[] memory signatures) {
        // the first is brought twice, and an aggregator's, which is of no use
        signatures = new Signature[](SIGNERS + 2);
        bytes32 own = keccak256(abi.encode(ATTESTATION, taskId, round, hash));
        (signatures[SIGNERS + 1].r, signatures[SIGNERS + 1].vs) = _sign(_keyOf(9), own);
        for (uint256 i = 0; i < SIGNERS; ++i) {
            if (!_in(set, i)) continue;
            bytes32 signed = _in(bogus, i) ? bytes32("another") : hash;
            (signatures[i].r, signatures[i].vs) = _sign(
                _keyOf(i),
                keccak256(abi.encode(ATTESTATION, taskId, round, signed))
            );
            if (signatures[SIGNERS].r == 0) signatures[SIGNERS] = signatures[i];
        }
    }

    /// @dev Of both wallets, of one twice, and of an account that is none: what others have approved is of no use to
    /// them.
    function _wallets(
        uint32 taskId,
        uint32 round,
        bytes32 hash,
        uint256 set
    ) internal returns (WalletWord[] memory words) {
        words = new WalletWord[](4);
        for (uint256 i = SIGNERS; i < PARTICIPANTS; ++i) {
            if (!_in(set, i)) continue;
            words[i - SIGNERS].account = accounts[i];
            bytes32 structHash = keccak256(abi.encode(WALLET_ATTESTATION, taskId, round, hash, accounts[i]));
            WalkWallet(payable(accounts[i])).approve(_digest(structHash));
        }
        words[2].account = accounts[0];
        words[3] = words[0];
    }
}
