// ChaCha20-Poly1305: the vectors of RFC 8439 (2.3.2, 2.4.2, 2.5.2, 2.8.2, A.2, A.3), node:crypto on any length, refusals, Wycheproof.

import { createCipheriv } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { device, engines, forSeconds, hex, Source, unhex } from "./device.ts";

const ASCENDING = hex(Uint8Array.from({ length: 32 }, (_, i) => i));
const SUNSCREEN = hex(
  new TextEncoder().encode(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ),
);
/** Sections 2.3.2 and 2.4.2, then appendix A.2: key, nonce, number of the first block, text, sealed text. */
const CHACHA20: [string, string, number, string, string][] = [
  [
    ASCENDING,
    "000000090000004a00000000",
    1,
    "00".repeat(64),
    "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
  ],
  [
    ASCENDING,
    "000000000000004a00000000",
    1,
    SUNSCREEN,
    "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d",
  ],
  [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "000000000000000000000000",
    0,
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
  ],
  [
    "0000000000000000000000000000000000000000000000000000000000000001",
    "000000000000000000000002",
    1,
    "416e79207375626d697373696f6e20746f20746865204945544620696e74656e6465642062792074686520436f6e7472696275746f7220666f72207075626c69636174696f6e20617320616c6c206f722070617274206f6620616e204945544620496e7465726e65742d4472616674206f722052464320616e6420616e792073746174656d656e74206d6164652077697468696e2074686520636f6e74657874206f6620616e204945544620616374697669747920697320636f6e7369646572656420616e20224945544620436f6e747269627574696f6e222e20537563682073746174656d656e747320696e636c756465206f72616c2073746174656d656e747320696e20494554462073657373696f6e732c2061732077656c6c206173207772697474656e20616e6420656c656374726f6e696320636f6d6d756e69636174696f6e73206d61646520617420616e792074696d65206f7220706c6163652c207768696368206172652061646472657373656420746f",
    "a3fbf07df3fa2fde4f376ca23e82737041605d9f4f4f57bd8cff2c1d4b7955ec2a97948bd3722915c8f3d337f7d370050e9e96d647b7c39f56e031ca5eb6250d4042e02785ececfa4b4bb5e8ead0440e20b6e8db09d881a7c6132f420e52795042bdfa7773d8a9051447b3291ce1411c680465552aa6c405b7764d5e87bea85ad00f8449ed8f72d0d662ab052691ca66424bc86d2df80ea41f43abf937d3259dc4b2d0dfb48a6c9139ddd7f76966e928e635553ba76c5c879d7b35d49eb2e62b0871cdac638939e25e8a1e0ef9d5280fa8ca328b351c3c765989cbcf3daa8b6ccc3aaf9f3979c92b3720fc88dc95ed84a1be059c6499b9fda236e7e818b04b0bc39c1e876b193bfe5569753f88128cc08aaa9b63d1a16f80ef2554d7189c411f5869ca52c5b83fa36ff216b9c1d30062bebcfd2dc5bce0911934fda79a86f6e698ced759c3ff9b6477338f3da4f9cd8514ea9982ccafb341b2384dd902f3d1ab7ac61dd29c6f21ba5b862f3730e37cfdc4fd806c22f221",
  ],
  [
    "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
    "000000000000000000000002",
    42,
    "2754776173206272696c6c69672c20616e642074686520736c6974687920746f7665730a446964206779726520616e642067696d626c6520696e2074686520776162653a0a416c6c206d696d737920776572652074686520626f726f676f7665732c0a416e6420746865206d6f6d65207261746873206f757467726162652e",
    "62e6347f95ed87a45ffae7426f27a1df5fb69110044c0d73118effa95b01e5cf166d3df2d721caf9b21e5fb14c616871fd84c54f9d65b283196c7fe4f60553ebf39c6402c42234e32a356b3e764312a61a5532055716ead6962568f87d3f3f7704c6a8d1bcd1bf4d50d6154b6da731b187b58dfd728afa36757a797ac188d1",
  ],
];
/** Section 2.5.2, then appendix A.3: key, message, tag. */
const POLY1305: [string, string, string][] = [
  [
    "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
    hex(new TextEncoder().encode("Cryptographic Forum Research Group")),
    "a8061dc1305136c6c22b8baf0c0127a9",
  ],
  [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000",
  ],
  [
    "0000000000000000000000000000000036e5f6b5c5e06070f0efca96227a863e",
    "416e79207375626d697373696f6e20746f20746865204945544620696e74656e6465642062792074686520436f6e7472696275746f7220666f72207075626c69636174696f6e20617320616c6c206f722070617274206f6620616e204945544620496e7465726e65742d4472616674206f722052464320616e6420616e792073746174656d656e74206d6164652077697468696e2074686520636f6e74657874206f6620616e204945544620616374697669747920697320636f6e7369646572656420616e20224945544620436f6e747269627574696f6e222e20537563682073746174656d656e747320696e636c756465206f72616c2073746174656d656e747320696e20494554462073657373696f6e732c2061732077656c6c206173207772697474656e20616e6420656c656374726f6e696320636f6d6d756e69636174696f6e73206d61646520617420616e792074696d65206f7220706c6163652c207768696368206172652061646472657373656420746f",
    "36e5f6b5c5e06070f0efca96227a863e",
  ],
  [
    "36e5f6b5c5e06070f0efca96227a863e00000000000000000000000000000000",
    "416e79207375626d697373696f6e20746f20746865204945544620696e74656e6465642062792074686520436f6e7472696275746f7220666f72207075626c69636174696f6e20617320616c6c206f722070617274206f6620616e204945544620496e7465726e65742d4472616674206f722052464320616e6420616e792073746174656d656e74206d6164652077697468696e2074686520636f6e74657874206f6620616e204945544620616374697669747920697320636f6e7369646572656420616e20224945544620436f6e747269627574696f6e222e20537563682073746174656d656e747320696e636c756465206f72616c2073746174656d656e747320696e20494554462073657373696f6e732c2061732077656c6c206173207772697474656e20616e6420656c656374726f6e696320636f6d6d756e69636174696f6e73206d61646520617420616e792074696d65206f7220706c6163652c207768696368206172652061646472657373656420746f",
    "f3477e7cd95417af89a6b8794c310cf0",
  ],
  [
    "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
    "2754776173206272696c6c69672c20616e642074686520736c6974687920746f7665730a446964206779726520616e642067696d626c6520696e2074686520776162653a0a416c6c206d696d737920776572652074686520626f726f676f7665732c0a416e6420746865206d6f6d65207261746873206f757467726162652e",
    "4541669a7eaaee61e708dc7cbcc5eb62",
  ],
  [
    "0200000000000000000000000000000000000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffff",
    "03000000000000000000000000000000",
  ],
  [
    "02000000000000000000000000000000ffffffffffffffffffffffffffffffff",
    "02000000000000000000000000000000",
    "03000000000000000000000000000000",
  ],
  [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000",
    "05000000000000000000000000000000",
  ],
  [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101",
    "00000000000000000000000000000000",
  ],
  [
    "0200000000000000000000000000000000000000000000000000000000000000",
    "fdffffffffffffffffffffffffffffff",
    "faffffffffffffffffffffffffffffff",
  ],
  [
    "0100000000000000040000000000000000000000000000000000000000000000",
    "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000",
    "14000000000000005500000000000000",
  ],
  [
    "0100000000000000040000000000000000000000000000000000000000000000",
    "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000",
    "13000000000000000000000000000000",
  ],
];
/** Section 2.8.2: key, nonce, associated data, sealed text, tag. */
const SEALED = {
  key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
  nonce: "070000004041424344454647",
  ad: "50515253c0c1c2c3c4c5c6c7",
  ct: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
  tag: "1ae10b594f09e26a7e902ecbd0600691",
};

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const at = Number(m.call("crypto_buffer"));
  const [KEY, NONCE, TAG, AD, TEXT] = [at, at + 32, at + 48, at + 64, at + 1024];
  const put = (key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, text: Uint8Array): void => {
    m.write(KEY, key);
    m.write(NONCE, nonce);
    m.write(AD, ad);
    m.write(TEXT, text);
  };
  /** Sealed text and tag. */
  const seal = (key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, text: Uint8Array): [string, string] => {
    put(key, nonce, ad, text);
    m.call("crypto_aead_seal", KEY, NONCE, AD, ad.length, TEXT, text.length, TAG);
    return [hex(m.bytes(TEXT, text.length)), hex(m.bytes(TAG, 16))];
  };
  /** The text, or null when refused. */
  const open = (key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, ct: Uint8Array, tag: Uint8Array): string | null => {
    put(key, nonce, ad, ct);
    m.write(TAG, tag);
    const right = m.call("crypto_aead_open", KEY, NONCE, AD, ad.length, TEXT, ct.length, TAG);
    const found = hex(m.bytes(TEXT, ct.length));
    if (right) return found;
    assert.is(found, hex(ct), "what is refused stays as it was");
    return null;
  };

  test(`RFC 8439: ChaCha20 (${engine})`, () => {
    for (const [key, nonce, counter, text, sealed] of CHACHA20) {
      put(unhex(key), unhex(nonce), new Uint8Array(0), unhex(text));
      m.call("crypto_chacha20", KEY, NONCE, counter, TEXT, text.length / 2);
      assert.is(hex(m.bytes(TEXT, text.length / 2)), sealed);
    }
  });

  test(`RFC 8439: Poly1305 (${engine})`, () => {
    for (const [key, message, tag] of POLY1305) {
      put(unhex(key), new Uint8Array(0), new Uint8Array(0), unhex(message));
      m.call("crypto_poly1305", KEY, TEXT, message.length / 2, TAG);
      assert.is(hex(m.bytes(TAG, 16)), tag, message);
    }
  });

  test(`RFC 8439: both together (${engine})`, () => {
    const [key, nonce, ad] = [unhex(SEALED.key), unhex(SEALED.nonce), unhex(SEALED.ad)];
    assert.equal(seal(key, nonce, ad, unhex(SUNSCREEN)), [SEALED.ct, SEALED.tag]);
    assert.is(open(key, nonce, ad, unhex(SEALED.ct), unhex(SEALED.tag)), SUNSCREEN);
  });

  test(`text and data of any length are sealed as node:crypto does (${engine})`, () => {
    const source = new Source(8439);
    forSeconds(0.5, 300, (i) => {
      const [key, nonce] = [source.bytes(32), source.bytes(12)];
      const text = i % 7 === 6 ? new Uint8Array(300).fill(255) : source.bytes(i < 200 ? i : source.below(2000));
      const ad = source.bytes(source.below(65));
      const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
      cipher.setAAD(ad, { plaintextLength: text.length });
      const ct = Buffer.concat([cipher.update(text), cipher.final()]);
      const tag = cipher.getAuthTag();
      assert.equal(seal(key, nonce, ad, text), [hex(ct), hex(tag)], `${text.length} and ${ad.length} bytes`);
      assert.is(open(key, nonce, ad, ct, tag), hex(text));
    });
  });

  /** Poly1305 by RFC 8439, 2.5.1, in big integers. */
  const reference = (key: Uint8Array, message: Uint8Array): string => {
    const little = (b: Uint8Array) => b.reduceRight((x, v) => (x << 8n) | BigInt(v), 0n);
    const r = little(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
    let sum = 0n;
    for (let i = 0; i < message.length; i += 16) {
      const piece = message.subarray(i, i + 16);
      sum = ((sum + little(piece) + (1n << BigInt(8 * piece.length))) * r) % ((1n << 130n) - 5n);
    }
    const tag = (sum + little(key.subarray(16))) & ((1n << 128n) - 1n);
    return hex(Uint8Array.from({ length: 16 }, (_, i) => Number((tag >> BigInt(8 * i)) & 255n)));
  };

  test(`Poly1305 keeps its limbs at the extremes (${engine})`, () => {
    const source = new Source(1305);
    for (let i = 0; i < 300; i++) {
      const some = (n: number) => Uint8Array.from({ length: n }, () => source.pick([0, 255, 255, 255, 254, 1, 251]));
      const [key, message] = i === 0 ? [some(32).fill(255), some(800).fill(255)] : [some(32), some(source.below(200))];
      put(key, new Uint8Array(0), new Uint8Array(0), message);
      m.call("crypto_poly1305", KEY, TEXT, message.length, TAG);
      assert.is(hex(m.bytes(TAG, 16)), reference(key, message));
    }
  });

  test(`one bit anywhere is one too many (${engine})`, () => {
    const source = new Source(1);
    const parts = [32, 12, 21, 70].map((n) => source.bytes(n));
    const [key, nonce, ad, text] = parts;
    const [ct, tag] = seal(key, nonce, ad, text).map((h) => unhex(h));
    const all = [key, nonce, ad, ct, tag];
    for (let part = 0; part < all.length; part++) {
      for (let bit = 0; bit < 8 * all[part].length; bit++) {
        const other = all.map((b) => b.slice());
        other[part][bit >> 3] ^= 1 << (bit & 7);
        assert.is(open(other[0], other[1], other[2], other[3], other[4]), null, `part ${part}, bit ${bit}`);
      }
    }
  });

  test(`no key stays in the page (${engine})`, () => {
    const key = new Source(2).bytes(32);
    seal(key, new Uint8Array(12), new Uint8Array(5), new Uint8Array(100));
    m.write(at, new Uint8Array(Number(m.call("crypto_bufferSize"))));
    assert.is(Buffer.from(m.bytes(0, 0x10000)).indexOf(key.slice(0, 16)), -1);
  });

  const file = fileURLToPath(
    new URL("../../../shared/vectors/wycheproof/chacha20_poly1305_test.json", import.meta.url),
  );
  if (!existsSync(file)) {
    console.log("skipped: no shared vectors");
    continue;
  }
  test(`wycheproof/chacha20_poly1305_test.json passes (${engine})`, () => {
    type Case = Record<"key" | "iv" | "aad" | "msg" | "ct" | "tag" | "result", string> & { tcId: number };
    const { testGroups } = JSON.parse(readFileSync(file, "utf8"));
    const groups: { ivSize: number; tests: Case[] }[] = testGroups;
    let ran = 0;
    for (const c of groups.filter((g) => g.ivSize === 96).flatMap((g) => g.tests)) {
      const text = open(unhex(c.key), unhex(c.iv), unhex(c.aad), unhex(c.ct), unhex(c.tag));
      assert.is(text, c.result === "valid" ? c.msg : null, `case ${c.tcId}`);
      ran++;
    }
    assert.ok(ran > 100, `${ran} cases`);
  });
}

test.run();
