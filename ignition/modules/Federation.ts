import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Deploys one federation: first the court's code and the contract of proofs, then the federation that names both.
 *
 * Parameter `admin`: who grants and revokes roles; the first account by default.
 */
export default buildModule("Federation", (m) => {
  const court = m.contract("Court");
  const proofs = m.contract("Proofs");
  const federation = m.contract("Federation", [m.getParameter("admin", m.getAccount(0)), court, proofs]);
  return { federation, court, proofs };
});
