"""The EIP-712 digests of what members sign (docs/protocol/record.md), and who signed (secp256k1, SEC 1 section 4.1.6)."""

from commitments import encode
from keccak import keccak256

DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
TYPES = {
    "attestation": "Attestation(uint32 taskId,uint32 round,bytes32 proposalHash)",
    "wallet-attestation": "WalletAttestation(uint32 taskId,uint32 round,bytes32 proposalHash,address wallet)",
    "commitment": "Commitment(uint32 taskId,uint32 round,bytes32 anchor,bytes32 updateRoot,bytes32 contentId,uint32 weight)",
    "advertisement": "Advertisement(uint32 taskId,uint32 round,bytes32 start,bytes32 maskKey,bytes32 seedHash,bytes32 sharesId,"
    "bytes32 shareKey)",
    "closing": "Closing(uint32 taskId,uint32 round,bytes32 accumulator)",
    "share-key": "ShareKey(uint32 taskId,bytes32 shareKey)",
    "role-grant": "Grant(address account,uint8 role,uint32 epoch)",
    "grant-key": "GrantKey(address successor)",
    "grant": "Grant(uint32 taskId,uint32 fromRound,uint32 toRound,bytes32 auditor,bytes32 secrets)",
}

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def digest(chain_id, federation, kind, values):
    """Of a record of a kind of TYPES, its fields by their names."""
    domain = encode(keccak256(DOMAIN_TYPE), keccak256(b"Fedledger"), keccak256(b"2"), chain_id, federation)
    names = [field.split()[1] for field in TYPES[kind].split("(")[1].rstrip(")").split(",")]
    struct = encode(keccak256(TYPES[kind].encode()), *(values[name] for name in names))
    return keccak256(b"\x19\x01" + keccak256(domain) + keccak256(struct))


def whole(r, vs):
    """The 65 bytes of a signature in its compact form (EIP-2098)."""
    return r + bytes([vs[0] & 0x7F]) + vs[1:] + bytes([27 + (vs[0] >> 7)])


def add_points(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = add_points(result, point)
        point = add_points(point, point)
        scalar >>= 1
    return result


def signer(message, signature):
    """The account that signed a 32-byte digest; None for a signature that the protocol refuses."""
    if len(signature) != 65:
        return None
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    if not 0 < r < N or not 0 < s <= N // 2 or v not in (27, 28):
        return None
    square = (r**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        return None
    point = (r, y if y % 2 == v - 27 else P - y)
    inverse = pow(r, -1, N)
    key = add_points(times(-int.from_bytes(message, "big") * inverse % N, G), times(s * inverse % N, point))
    return keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:] if key else None
