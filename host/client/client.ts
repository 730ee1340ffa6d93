// The SDK for applications, in one import: keys, transactions, readings, proofs.
//
//   import * as client from "../client/client.ts";
//   const me = client.signer(seed);
//   const tx = client.transfer(me, { cell, nonce, fee: 1n, expiry: height + 100 }, you, 25n);

export { coseKey, kid, signer, thumbprint, type Signer } from "./key.ts";
export { id, parse, readings, register, sign1, toBeSigned, transfer, verify } from "./transaction.ts";
export { READINGS, REGISTER, TRANSFER, type Terms, type Transaction } from "./transaction.ts";
export { merkleRoot, pack, records, unpack, type Reading } from "./readings.ts";
export { account, accountKey, batch, publicKey, readingsKey, supplyKey, verifyProof } from "./proof.ts";
