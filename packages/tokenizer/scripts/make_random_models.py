"""Random SentencePiece BPE models that reach the corners which Gemma's vocabulary does not (equal scores, unused and
user-defined pieces among ordinary ones, characters without a piece), with what sentencepiece encodes and decodes.

    python make_random_models.py ../fixtures/random-models.json      # sentencepiece 0.2.2
"""
import json
import random
import struct
import sys

import sentencepiece as spm

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
ALPHABETS = ["ab", "abc", "▁ab", "ab\n\t", "日本語a", "🦙a🐫b", "ab▁<>", "aé漢🦙\n"]
MODELS, TEXTS, ID_LISTS = 48, 8, 3


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytearray([n]))


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def model_proto(pieces):
    rows = (data(1, p.encode()) + varint(2 << 3 | 5) + struct.pack("<f", s) + number(3, t) for p, s, t in pieces)
    trainer = number(3, 2) + number(35, 1) + number(40, 3) + number(41, 2) + number(42, 1) + number(43, 0)
    normalizer = data(1, b"identity") + number(3, 0) + number(4, 0) + number(5, 1)
    return b"".join(data(1, row) for row in rows) + data(2, trainer) + data(3, normalizer)


def random_pieces(r, alphabet, ties, unused):
    texts = [c for c in dict.fromkeys(alphabet) if r.random() < 0.85]
    for _ in range(r.randint(5, 60)):
        two = r.choice(texts) + r.choice(texts) if texts and r.random() < 0.85 else ""
        text = two or "".join(r.choice(alphabet) for _ in range(r.randint(2, 5)))
        if len(text) <= 12 and text not in texts:
            texts.append(text)
    r.shuffle(texts)
    for i, text in enumerate(texts):
        kind = USER_DEFINED if r.random() < 0.08 else UNUSED if unused and r.random() < 0.25 else NORMAL
        score = -float(r.randint(0, 5)) if ties else -float(i)
        yield text, 0.0 if kind == USER_DEFINED else score, kind


def main(path):
    models = []
    for seed in range(MODELS):
        r = random.Random(seed)
        alphabet = r.choice(ALPHABETS) + ("▁" if r.random() < 0.5 else "")
        own = list(random_pieces(r, alphabet, ties=seed % 2 == 1, unused=seed % 4 >= 2))
        pieces = [("<pad>", 0.0, CONTROL), ("<eos>", 0.0, CONTROL), ("<bos>", 0.0, CONTROL), ("<unk>", 0.0, UNKNOWN)]
        pieces += [("<0x%02X>" % b, 0.0, BYTE) for b in range(256)] + own
        sp = spm.SentencePieceProcessor(model_proto=model_proto(pieces))
        encode, decode = [], []
        for _ in range(TEXTS):
            letters = alphabet.replace("▁", " ") + r.choice(["", alphabet, "zж"])
            text = "".join(r.choice(letters) for _ in range(r.choice([1, 3, 8, 20, 40, 80, 160])))
            encode.append([text, sp.encode(text)])
        for _ in range(ID_LISTS):
            ids = [r.randrange(len(pieces)) for _ in range(r.randint(1, 20))]
            decode.append([ids, sp.decode(ids)])
        models.append({"pieces": own, "encode": encode, "decode": decode})
    with open(path, "w", encoding="utf-8") as file:
        head = {"note": "pieces [text, score, type] follow <pad> <eos> <bos> <unk> and 256 byte pieces", "sentencepiece": spm.__version__}
        rows = ",\n".join(json.dumps(m, ensure_ascii=False, separators=(",", ":")) for m in models)
        file.write(json.dumps(head)[:-1] + ', "models": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
