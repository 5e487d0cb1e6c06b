// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccess} from "../../contracts/interfaces/IAccess.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Access, Attributes} from "../../contracts/types/PrivacyTypes.sol";
import {TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Attributes of members, and tasks that only some may join.
contract RestrictionsTest is FederationFixture {
    bytes32 private constant MODEL = keccak256("initial model");

    function setUp() public {
        _deploy(3, 1);
    }

    // attributes

    function test_setAttributes_replacesWhatWasSaid() public {
        Attributes memory said = Attributes("clinic", "north", 3);
        vm.expectEmit();
        emit IAccess.AttributesSet(participants[0], said);
        federation.setAttributes(participants[0], said);
        assertEq(keccak256(abi.encode(federation.attributesOf(participants[0]))), keccak256(abi.encode(said)));
        said = Attributes(0, 0, 0);
        federation.setAttributes(participants[0], said);
        assertEq(keccak256(abi.encode(federation.attributesOf(participants[0]))), keccak256(abi.encode(said)));
    }

    function test_setAttributes_isForTheAdmin() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, outsider, bytes32(0))
        );
        vm.prank(outsider);
        federation.setAttributes(outsider, Attributes("clinic", "north", 3));
    }

    // creation

    function test_createRestrictedTask_isATaskWithMoreHistory() public {
        uint256 snapshot = vm.snapshotState();
        uint32 plain = _create(_rules());
        (, , , , bytes32 head) = federation.taskState(plain);
        vm.revertToState(snapshot);
        Access memory access = _access(2, 1, 5);
        vm.expectEmit();
        emit ITasks.TaskCreated(1, address(this), _rules(), MODEL, "{}");
        vm.expectEmit();
        emit IAccess.AccessRestricted(1, access);
        uint32 taskId = federation.createRestrictedTask(_rules(), access, MODEL, "{}");
        assertEq(taskId, 1);
        (, , bytes32 modelRoot, , bytes32 restricted) = federation.taskState(taskId);
        assertEq(modelRoot, MODEL);
        assertEq(restricted, keccak256(abi.encode(head, keccak256(abi.encode(access)))));
        assertEq(keccak256(abi.encode(federation.accessOf(taskId))), keccak256(abi.encode(access)));
        assertEq(federation.taskCount(), 1);
    }

    function test_createRestrictedTask_asksForWhatACreationAsks() public {
        Access memory access = _access(1, 0, 0);
        TaskRules memory rules = _rules();
        bytes32 creator = federation.TASK_CREATOR_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, outsider, creator)
        );
        vm.prank(outsider);
        federation.createRestrictedTask(rules, access, MODEL, "{}");
        vm.expectRevert(IRounds.InvalidRoot.selector);
        federation.createRestrictedTask(rules, access, 0, "{}");
        rules.attempts = 0;
        vm.expectRevert(abi.encodeWithSelector(ITasks.InvalidRule.selector, 3));
        federation.createRestrictedTask(rules, access, MODEL, "{}");
    }

    function test_createRestrictedTask_boundsTheLists() public {
        _refusesAccess(_access(0, 0, 0));
        _refusesAccess(_access(33, 0, 0));
        _refusesAccess(_access(1, 33, 0));
        Access memory access = _access(3, 2, 0);
        access.organisations[2] = 0;
        _refusesAccess(access);
        access = _access(3, 2, 0);
        access.regions[0] = 0;
        _refusesAccess(access);
        federation.createRestrictedTask(_rules(), _access(32, 32, 0), MODEL, "{}");
        federation.createRestrictedTask(_rules(), _access(0, 1, 0), MODEL, "{}");
        federation.createRestrictedTask(_rules(), _access(0, 0, 1), MODEL, "{}");
    }

    // enrolment

    function test_enrol_isForThoseWhoAreEligible(uint8 organisation, uint8 region, uint8 clearance) public {
        Access memory access = _access(organisation % 3, region % 3, clearance % 4);
        if ((organisation % 3) + (region % 3) + (clearance % 4) == 0) return;
        uint32 taskId = federation.createRestrictedTask(_rules(), access, MODEL, "{}");
        Attributes memory held = Attributes(
            _name("organisation", (organisation / 3) % 3),
            _name("region", (region / 3) % 3),
            (clearance / 4) % 4
        );
        federation.setAttributes(participants[0], held);
        bool eligible =
            (organisation % 3 == 0 || (organisation / 3) % 3 < organisation % 3) &&
                (region % 3 == 0 || (region / 3) % 3 < region % 3) &&
                held.clearance >= clearance % 4;
        assertTrue(federation.isEligible(taskId, participants[0]) == eligible, "eligible");
        if (!eligible) vm.expectRevert(abi.encodeWithSelector(IAccess.NotEligible.selector, participants[0]));
        vm.prank(participants[0]);
        federation.enrol(taskId);
    }

    function test_enrol_asksForEachOfTheThree() public {
        uint32 taskId = federation.createRestrictedTask(_rules(), _access(2, 2, 3), MODEL, "{}");
        address one = participants[0];
        (bytes32 organisation, bytes32 region) = (_name("organisation", 1), _name("region", 0));
        Attributes[5] memory lacking = [
            Attributes(0, 0, 0),
            Attributes(organisation, region, 2),
            Attributes(_name("organisation", 2), region, 3),
            Attributes(organisation, organisation, 3),
            Attributes(0, region, 3)
        ];
        for (uint256 i = 0; i < lacking.length; ++i) {
            federation.setAttributes(one, lacking[i]);
            assertTrue(!federation.isEligible(taskId, one), "lacks one");
            vm.expectRevert(abi.encodeWithSelector(IAccess.NotEligible.selector, one));
            vm.prank(one);
            federation.enrol(taskId);
        }
        federation.setAttributes(one, Attributes(organisation, region, 3));
        _enrol(taskId, one);
    }

    function test_enrol_asksWhenItIsAskedOnly() public {
        uint32 taskId = federation.createRestrictedTask(_rules(), _access(0, 0, 2), MODEL, "{}");
        federation.setAttributes(participants[0], Attributes(0, 0, 2));
        _enrol(taskId, participants[0]);
        federation.setAttributes(participants[0], Attributes(0, 0, 1));
        (bool enrolled, , bool leaving, , , ) = federation.enrolment(taskId, participants[0]);
        assertTrue(enrolled && !leaving, "stays");
        vm.expectRevert(abi.encodeWithSelector(IAccess.NotEligible.selector, participants[1]));
        vm.prank(participants[1]);
        federation.enrol(taskId);
        // another task is for everybody
        uint32 plain = _create(_rules());
        _enrol(plain, participants[1]);
        assertTrue(federation.isEligible(plain, participants[1]), "for everybody");
        assertEq(federation.accessOf(plain).organisations.length, 0);
    }

    function _access(uint256 organisations, uint256 regions, uint8 clearance) private pure returns (Access memory) {
        bytes32[] memory a = new bytes32[](organisations);
        for (uint256 i = 0; i < organisations; ++i) a[i] = _name("organisation", i);
        bytes32[] memory b = new bytes32[](regions);
        for (uint256 i = 0; i < regions; ++i) b[i] = _name("region", i);
        return Access(a, b, clearance);
    }

    function _name(string memory kind, uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode(kind, i));
    }

    function _refusesAccess(Access memory access) private {
        vm.expectRevert(IAccess.InvalidAccess.selector);
        federation.createRestrictedTask(_rules(), access, MODEL, "{}");
    }
}
