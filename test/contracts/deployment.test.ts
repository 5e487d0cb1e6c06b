import { expect } from "chai";
import { network } from "hardhat";
import FederationModule from "../../ignition/modules/Federation.ts";

describe("The Ignition module", () => {
  it("deploys a federation whose admin is the deployer, with its proofs", async () => {
    const { ethers, ignition } = await network.create("local");
    const { federation, proofs } = await ignition.deploy(FederationModule);
    const [deployer, other] = await ethers.getSigners();
    const adminRole = await federation.getFunction("DEFAULT_ADMIN_ROLE")();
    expect(await federation.getFunction("hasRole")(adminRole, deployer!.address)).equals(true);
    expect(await federation.getFunction("hasRole")(adminRole, other!.address)).equals(false);
    const whole = await ethers.getContractAt("Court", await federation.getAddress());
    expect(await whole.getFunction("proofs")()).equals(await proofs.getAddress());
  });

  it("takes the admin as a parameter", async () => {
    const { ethers, ignition } = await network.create("local");
    const [deployer, , , admin] = (await ethers.getSigners()).map(({ address }) => address);
    const { federation } = await ignition.deploy(FederationModule, { parameters: { Federation: { admin: admin! } } });
    const adminRole = await federation.getFunction("DEFAULT_ADMIN_ROLE")();
    expect(await federation.getFunction("hasRole")(adminRole, admin)).equals(true);
    expect(await federation.getFunction("hasRole")(adminRole, deployer)).equals(false);
  });
});
