// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SignedAdvertisement} from "../types/PrivacyTypes.sol";
import {SignedCommitment} from "../types/TaskTypes.sol";

/// @title SignedStructs
/// @notice EIP-712 hashes of what members sign for the chain (docs/protocol.md).
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

    function attestation(uint32 taskId, uint32 round, bytes32 proposalHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTATION, taskId, round, proposalHash));
    }

    function walletAttestation(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        address wallet
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(WALLET_ATTESTATION, taskId, round, proposalHash, wallet));
    }

    function commitment(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        SignedCommitment calldata signed
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(COMMITMENT, taskId, round, anchor, signed.updateRoot, signed.contentId, signed.weight)
            );
    }

    function advertisement(
        uint32 taskId,
        uint32 round,
        bytes32 start,
        SignedAdvertisement calldata signed
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ADVERTISEMENT,
                    taskId,
                    round,
                    start,
                    signed.maskKey,
                    signed.seedHash,
                    signed.sharesId,
                    signed.shareKey
                )
            );
    }

    /// @notice The domain separator of a federation on this chain.
    function domainOf(address federation) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, federation));
    }
}
