import { expect } from "chai";
import { network } from "hardhat";
import FederationModule from "../../ignition/modules/Federation.ts";

describe("The Ignition module", () => {
  it("deploys a federation whose admin is the deployer", async () => {
    const { ethers, ignition } = await network.create("local");
    const { federation } = await ignition.deploy(FederationModule);
    const [deployer] = await ethers.getSigners();
    const adminRole = await federation.getFunction("DEFAULT_ADMIN_ROLE")();
    expect(await federation.getFunction("getRoleMembers")(adminRole)).deep.equals([deployer!.address]);
  });

  it("takes the admin as a parameter", async () => {
    const { ethers, ignition } = await network.create("local");
    const admin = (await ethers.getSigners())[3]!.address;
    const { federation } = await ignition.deploy(FederationModule, { parameters: { Federation: { admin } } });
    const adminRole = await federation.getFunction("DEFAULT_ADMIN_ROLE")();
    expect(await federation.getFunction("getRoleMembers")(adminRole)).deep.equals([admin]);
  });
});
