import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Deploys one federation: first the code that its court passes on to, then the federation, which creates its court.
 *
 * Parameter `admin`: who grants and revokes roles; the first account by default.
 */
export default buildModule("Federation", (m) => {
  const privacy = m.contract("Privacy");
  const federation = m.contract("Federation", [m.getParameter("admin", m.getAccount(0)), privacy]);
  return { federation, privacy };
});
