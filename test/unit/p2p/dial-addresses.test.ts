import { expect } from "chai";
import { dialAddresses } from "../../../node/p2p/dial-addresses.ts";

const peerId = "12D3KooWJzWYLpfVtzAeHkZfEqkVaZ8bmvjtCGGTeuyuTnXrqk8P";
const other = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";
const of = (...multiaddrs: string[]) => dialAddresses({ peerId, multiaddrs }).map(String);

describe("addresses to dial", () => {
  it("end with the peer's id, given or not", () => {
    const expected = `/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`;
    expect(of("/ip4/127.0.0.1/tcp/4001", expected)).to.deep.equal([expected, expected]);
  });

  it("may lead through a relay", () => {
    const relayed = `/ip4/127.0.0.1/tcp/4001/p2p/${other}/p2p-circuit`;
    expect(of(relayed)).to.deep.equal([`${relayed}/p2p/${peerId}`]);
  });

  it("leave out other peers, gateways and nonsense", () => {
    expect(
      of(
        `/ip4/127.0.0.1/tcp/1/p2p/${other}`,
        "/ip4/127.0.0.1/tcp/80/http",
        "/dns4/a.example/tcp/443/https",
        "nonsense",
        "",
      ),
    ).to.deep.equal([]);
  });
});
