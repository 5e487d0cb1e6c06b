// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Mode} from "../types/TaskTypes.sol";

/// @title IAdvertisements
/// @notice The keys of a round whose updates are masked or encrypted: they come first, in a window of their own.
/// @dev The accumulator of the round runs over them before it runs over commitments:
/// acc' = keccak256(abi.encode(acc, 1, participant, slot, maskKey, seedHash, sharesId)), seven words, which no commitment has.
interface IAdvertisements {
    /// @notice A participant advertised its keys.
    /// @param slot Its place in the round, from 0.
    /// @param maskKey Masked: x coordinate of its mask key on secp256k1. Encrypted: keccak256 of the group's public key.
    /// @param seedHash Masked: keccak256(0x05, self seed). Encrypted: keccak256(0x09, the group's secret key).
    /// @param sharesId SHA-256 digest of the CIDv1 of its share bundle, or of the blob with the group's key.
    event Advertised(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed participant,
        uint8 slot,
        bytes32 maskKey,
        bytes32 seedHash,
        bytes32 sharesId
    );

    /// @notice The task is of another mode than the call is for.
    error WrongMode(Mode mode);
    /// @notice The seed is not the round's.
    error WrongSeed(uint72 seed);
    /// @notice The mask key is no point of the curve.
    error InvalidMaskKey();
    /// @notice The participant has advertised in this round.
    error AlreadyAdvertised(address participant);
    /// @notice The participant has not advertised in this round.
    error NotAdvertised(address participant);

    /// @notice Advertises the caller's keys for a round.
    /// @param seed The round's seed as the caller knows it: shares are made for the neighbours that it gives, and a reorganisation
    /// must not bring them to others.
    ///
    /// Requirements:
    /// - the round is in flight ({IRounds.WrongRound}) and open ({IRounds.WrongPhase}), the task masked or encrypted ({WrongMode}), the
    ///   key window not over ({IRounds.TooLate}), the seed the round's ({WrongSeed});
    /// - in masked tasks maskKey is the x coordinate, below the curve's order, of a point of secp256k1 ({InvalidMaskKey}); no hash is
    ///   zero ({IRounds.InvalidRoot});
    /// - the caller is enrolled and not leaving ({ITasks.NotEnrolled}), drawn ({IRounds.NotDrawn}), has rounds left
    ///   ({IRounds.BudgetSpent}) and has not advertised in this round ({AlreadyAdvertised}).
    function advertise(
        uint32 taskId,
        uint32 round,
        uint72 seed,
        bytes32 maskKey,
        bytes32 seedHash,
        bytes32 sharesId
    ) external;
}
