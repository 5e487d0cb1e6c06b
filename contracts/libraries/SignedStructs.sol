// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Signature, SignedAdvertisement, SignedCommitment} from "../types/TaskTypes.sol";

/// @notice What every signed word names.
/// @param domain The separator of the federation's EIP-712 domain.
/// @param over The start value, the anchor or the proposal's hash that it is bound to.
struct Word {
    bytes32 domain;
    uint32 taskId;
    uint32 round;
    bytes32 over;
}

/// @title SignedStructs
/// @notice EIP-712 digests of what members sign for the chain (docs/protocol.md), and who signed one.
/// @dev Attack considered: a word is used for what its signer did not mean. Each binds task and round, and what makes
/// it worthless elsewhere: the start value, which binds chain, contract, history, base and draw; the anchor, which
/// binds the keys, too; or the proposal's hash, which binds all that the proposal can be struck for.
library SignedStructs {
    bytes32 private constant DOMAIN = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME = keccak256("Fedledger");
    bytes32 private constant VERSION = keccak256("2");
    bytes32 private constant ATTESTATION = keccak256("Attestation(uint32 taskId,uint32 round,bytes32 proposalHash)");
    bytes32 private constant WALLET_ATTESTATION = keccak256(
        "WalletAttestation(uint32 taskId,uint32 round,bytes32 proposalHash,address wallet)"
    );
    bytes32 private constant COMMITMENT = keccak256(
        "Commitment(uint32 taskId,uint32 round,bytes32 anchor,bytes32 updateRoot,bytes32 contentId,uint32 weight)"
    );
    bytes32 private constant ADVERTISEMENT = keccak256(
        "Advertisement(uint32 taskId,uint32 round,bytes32 start,bytes32 maskKey,bytes32 seedHash,"
        "bytes32 sharesId,bytes32 shareKey)"
    );

    /// @notice What a word of this federation on this chain names.
    function word(address federation, uint32 taskId, uint32 round, bytes32 over) internal view returns (Word memory) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, federation));
        return Word(domain, taskId, round, over);
    }

    /// @notice Who signed a digest; zero, which is nobody's place, where the signature is none.
    function signerOf(bytes32 digest, Signature calldata signature) internal pure returns (address signer) {
        // zero says all
        // slither-disable-next-line unused-return
        (signer, , ) = ECDSA.tryRecover(digest, signature.r, signature.vs);
    }

    function attestation(Word memory said) internal pure returns (bytes32) {
        return _digest(said, keccak256(abi.encode(ATTESTATION, said.taskId, said.round, said.over)));
    }

    function walletAttestation(Word memory said, address wallet) internal pure returns (bytes32) {
        return _digest(said, keccak256(abi.encode(WALLET_ATTESTATION, said.taskId, said.round, said.over, wallet)));
    }

    function commitment(Word memory said, SignedCommitment calldata one) internal pure returns (bytes32) {
        (uint32 taskId, uint32 round, bytes32 anchor) = (said.taskId, said.round, said.over);
        (bytes32 updateRoot, bytes32 contentId, uint32 weight) = (one.updateRoot, one.contentId, one.weight);
        return _digest(said, keccak256(abi.encode(COMMITMENT, taskId, round, anchor, updateRoot, contentId, weight)));
    }

    function advertisement(Word memory said, SignedAdvertisement calldata one) internal pure returns (bytes32) {
        (uint32 taskId, uint32 round, bytes32 start) = (said.taskId, said.round, said.over);
        (bytes32 maskKey, bytes32 seedHash) = (one.maskKey, one.seedHash);
        (bytes32 shares, bytes32 shareKey) = (one.sharesId, one.shareKey);
        bytes32 hash = keccak256(abi.encode(ADVERTISEMENT, taskId, round, start, maskKey, seedHash, shares, shareKey));
        return _digest(said, hash);
    }

    function _digest(Word memory said, bytes32 structHash) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(said.domain, structHash);
    }
}
