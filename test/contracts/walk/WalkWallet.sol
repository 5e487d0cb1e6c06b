// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract wallet of the walk: it confirms the digests that its owner approved, or answers as its mood says.
contract WalkWallet {
    mapping(bytes32 digest => bool) private _approved;
    /// @notice 0 or above 5: as approved; 1: no; 2: reverts; 3: confirms in a flood; 4: burns all gas; 5: too short.
    uint256 public mood;

    // an approval is paid into it
    // solhint-disable-next-line no-empty-blocks
    receive() external payable {}

    function approve(bytes32 digest) external {
        _approved[digest] = true;
    }

    function setMood(uint256 mood_) external {
        mood = mood_;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        uint256 mood_ = mood;
        if (mood_ == 1) return 0;
        if (mood_ == 2) revert("not today");
        bytes4 magic = IERC1271.isValidSignature.selector;
        if (mood_ == 3) {
            assembly ("memory-safe") {
                mstore(0, magic)
                return(0, 50000)
            }
        }
        if (mood_ == 4) while (gasleft() != 0) digest = keccak256(abi.encode(digest));
        if (mood_ == 5) {
            assembly ("memory-safe") {
                mstore(0, magic)
                return(0, 31)
            }
        }
        return _approved[digest] ? magic : bytes4(0);
    }
}

/// @notice Stands in the place of EIP-2935's contract: it has the hashes of the walk's headers of 8,191 blocks.
contract WalkHistory {
    fallback(bytes calldata input) external returns (bytes memory) {
        uint256 number = abi.decode(input, (uint256));
        if (number >= block.number || block.number - number > 8191) revert("out of reach");
        return abi.encode(keccak256(WalkHeaders.headerOf(number)));
    }
}

/// @notice The headers that the walk's chain is said to have.
library WalkHeaders {
    function mixOf(uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("mix", number));
    }

    /// @notice A list of 13 empty strings and the mix, in RLP.
    function headerOf(uint256 number) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"ee80808080808080808080808080a0", mixOf(number));
    }
}
