"""Sealed blobs (docs/protocol/sealed.md): the check of a secret, the keys, and AES-256-GCM (FIPS 197, SP 800-38D)."""

import hashlib
import hmac

PURPOSES = {"update": 1, "model": 2}


def context(label, case):
    return label.encode() + case["chainId"].to_bytes(32, "big") + case["federation"] + case["taskId"].to_bytes(4, "big")


def secret_check(case):
    return hashlib.sha256(context("fedledger/keyring-check/1", case) + case["sender"] + case["secret"]).digest()


def blob_context(case):
    rest = case["round"].to_bytes(4, "big") + bytes([PURPOSES[case["purpose"]]]) + case["root"]
    return context("fedledger/sealed/1", case) + case["sender"] + rest


def trailer(case):
    return case["keyring"] + case["keyringBytes"].to_bytes(4, "big")


def blob_keys(case):
    prk = hmac.digest(trailer(case), case["secret"], "sha256")
    first = hmac.digest(prk, blob_context(case) + b"\x01", "sha256")
    second = hmac.digest(prk, first + blob_context(case) + b"\x02", "sha256")
    return first, second[:12]


def sealed(case):
    key, nonce = blob_keys(case)
    return gcm(key, nonce, case["plaintext"], blob_context(case) + trailer(case)) + trailer(case)


def doubled(x):
    return ((x << 1) ^ 0x11B) & 0xFF if x & 0x80 else x << 1


def make_box():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= doubled(p)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        turns = [(q << n | q >> (8 - n)) & 0xFF for n in range(5)]
        box[p] = turns[0] ^ turns[1] ^ turns[2] ^ turns[3] ^ turns[4] ^ 0x63
        if p == 1:
            return box


BOX = make_box()


def round_keys(key):
    words, rcon = [key[i : i + 4] for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(BOX[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = doubled(rcon)
        elif i % 8 == 4:
            word = bytes(BOX[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[-8])))
    return [b"".join(words[i : i + 4]) for i in range(0, 60, 4)]


def encrypt_block(keys, block):
    state = bytes(a ^ b for a, b in zip(block, keys[0]))
    for number, key in enumerate(keys[1:], 1):
        state = bytes(BOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16))
        if number < 14:
            mixed = []
            for column in range(0, 16, 4):
                a = state[column : column + 4]
                whole = a[0] ^ a[1] ^ a[2] ^ a[3]
                mixed += [a[i] ^ whole ^ doubled(a[i] ^ a[(i + 1) % 4]) for i in range(4)]
            state = bytes(mixed)
        state = bytes(a ^ b for a, b in zip(state, key))
    return state


def ghash(subkey, data):
    h, result = int.from_bytes(subkey, "big"), 0
    for at in range(0, len(data), 16):
        x, product, v = result ^ int.from_bytes(data[at : at + 16], "big"), 0, h
        for bit in range(127, -1, -1):
            if x >> bit & 1:
                product ^= v
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
        result = product
    return result.to_bytes(16, "big")


def gcm(key, nonce, plaintext, aad):
    keys = round_keys(key)
    stream = b"".join(
        encrypt_block(keys, nonce + counter.to_bytes(4, "big")) for counter in range(2, 3 + len(plaintext) // 16)
    )
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, stream))
    padded = [part + bytes(-len(part) % 16) for part in (aad, ciphertext)]
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    hashed = ghash(encrypt_block(keys, bytes(16)), b"".join(padded) + lengths)
    mask = encrypt_block(keys, nonce + (1).to_bytes(4, "big"))
    return ciphertext + bytes(a ^ b for a, b in zip(hashed, mask))
