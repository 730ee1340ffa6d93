// Every question a device may ask its board, one line each: the imports of the ABI. All else leaves through the effect ring.

/** Fills [p, p+n) with true random bytes. */
// @ts-ignore: decorator
@external("synod", "entropy") export declare function entropy(p: usize, n: u32): void;
/** Reads n bytes of a flash region to p; 0, or a negative number when the range is not there. Region 0 describes the others. */
// @ts-ignore: decorator
@external("synod", "read") export declare function read(region: u32, offset: u32, p: usize, n: u32): i32;
/** A sensor's value in fixed point (thousandths of its unit); i64.MIN_VALUE when the channel has nothing new. */
// @ts-ignore: decorator
@external("synod", "sense") export declare function sense(channel: u32): i64;
/**
 * Optional: does operation `op` of wire/accelerate.ts, whose operands lie at p, in the device's stead. 1 when it is done; anything else, as a
 * port that offers nothing answers, leaves it to the device.
 */
// @ts-ignore: decorator
@external("synod", "accelerate") export declare function accelerate(op: u32, p: usize): i32;
/**
 * Optional: runs the contract that is stored at `code` of the region of modules, in a sandbox of its own, with the n bytes at input. Its status
 * in the lower half, gas used in the upper (wire/call.ts). Meanwhile its host calls come in through the export `host`.
 */
// @ts-ignore: decorator
@external("synod", "call") export declare function call(
  code: u32,
  codeLength: u32,
  input: usize,
  n: u32,
  gas: u32,
): i64;
