import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Deploys one federation.
 *
 * Parameter `admin`: who grants and revokes roles; the first account by default.
 */
export default buildModule("Federation", (m) => {
  const federation = m.contract("Federation", [m.getParameter("admin", m.getAccount(0))]);
  return { federation };
});
