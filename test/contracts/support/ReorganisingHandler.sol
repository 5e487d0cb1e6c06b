// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {Attestation, Availability, Phase, Proposal} from "../../../contracts/types/TaskTypes.sol";
import {MaskedHandler} from "./MaskedHandler.sol";

/// @title ReorganisingHandler
/// @notice The handler of {MaskedHandler} on a chain that is reorganised: steps happen, are undone with their blocks, and what
/// members signed in them is brought to the chain that stayed.
contract ReorganisingHandler is MaskedHandler {
    /// @dev What was signed in blocks that are gone.
    struct Undone {
        uint32 round;
        bytes32 proposalHash;
        bytes32 accumulator;
        Proposal proposal;
        Attestation[] attestations;
        Availability[] words;
    }

    /// @notice Takes up to six steps and undoes them. The chain and the books must then be as before, as if nothing had happened, and
    /// signatures over a proposal or a set of updates that is gone must be worth nothing.
    function reorganise(uint256 task, uint256 kinds) external onTask(task) {
        uint32 taskId = _task(task);
        bytes32 before = _fingerprint(taskId);
        uint256 fork = vm.snapshotState();
        this.advance(task, kinds);
        if (_fingerprint(taskId) == before) return;
        Undone memory undone = _signed(taskId);
        if (!vm.revertToState(fork)) violation = "not undone";
        if (_fingerprint(taskId) != before) violation = "undone, and not as before";
        ++accepted["reorganise"];
        if (undone.proposalHash != 0) _replay(taskId, undone);
    }

    /// @dev Two attestations to the newest proposal, and two words on the updates of its round, if there is one.
    function _signed(uint32 taskId) private view returns (Undone memory undone) {
        undone.round = _tasks[taskId].newest;
        if (_rounds[taskId][undone.round].phase != Phase.Proposed) return undone;
        undone.proposalHash = federation.roundInfo(taskId, undone.round).proposalHash;
        undone.accumulator = federation.roundInfo(taskId, undone.round).accumulator;
        undone.proposal = _rounds[taskId][undone.round].proposal;
        undone.attestations = new Attestation[](2);
        undone.attestations[0] = _attest(taskId, undone.round, 0);
        undone.attestations[1] = _attest(taskId, undone.round, 1);
        undone.words = _words(taskId, undone.round, 2, type(uint64).max);
    }

    /// @dev Where the chain that stayed has the very same proposal or updates, the signatures are right and not tried.
    function _replay(uint32 taskId, Undone memory undone) private {
        uint32 newest = _tasks[taskId].newest;
        Phase phase = _rounds[taskId][undone.round].phase;
        bool isGone =
            undone.round > newest || federation.roundInfo(taskId, undone.round).proposalHash != undone.proposalHash;
        if (isGone) {
            Proposal memory standing = undone.proposal;
            if (phase == Phase.Proposed) standing = _rounds[taskId][undone.round].proposal;
            bytes memory call = abi.encodeCall(IRounds.finalize, (taskId, undone.round, standing, undone.attestations));
            _refused(address(this), call, "finalized by words on what is undone");
        }
        if (phase != Phase.Aggregating || _rulesOf[taskId].holders == 0) return;
        if (federation.roundInfo(taskId, undone.round).accumulator == undone.accumulator) return;
        Proposal memory proposal = _proposalFor(taskId, undone.round, 0);
        bytes memory proposing = abi.encodeCall(IRounds.propose, (taskId, undone.round, proposal, undone.words));
        _refused(proposal.aggregator, proposing, "proposed by words on what is undone");
    }

    function _refused(address sender, bytes memory call, string memory otherwise) private {
        vm.prank(sender);
        (bool ok, ) = address(federation).call(call);
        if (ok) violation = otherwise;
        else ++accepted["replay"];
    }

    /// @dev All that the contract says of the task's rounds.
    function _fingerprint(uint32 taskId) private view returns (bytes32) {
        (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 head) = federation.taskState(
            taskId
        );
        bytes memory newest = round == 0 ? bytes("") : abi.encode(federation.roundInfo(taskId, round));
        bytes memory former = round < 2 ? bytes("") : abi.encode(federation.roundInfo(taskId, round - 1));
        return keccak256(abi.encode(round, phase, modelRoot, accumulator, head, newest, former, block.timestamp));
    }
}
