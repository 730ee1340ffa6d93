// What the host itself refuses, by number: deeds, requests over HTTP, targets. Devices have their own numbers (firmware/wire/reason.ts,
// below 900); words.ts has a sentence for each of both.
//
// Rule: a refusal changes nothing. Its number is stable: scripts may rely on it.

export const DEED_UNKNOWN = 900; // no such verb
export const DEED_DEVICE = 901; // no such device in this fleet
export const DEED_FIELD = 902; // a field is missing, malformed or out of range
export const DEED_CANNOT = 903; // this kind of fleet cannot do that
export const DEVICE_DOWN = 904; // the device is down, so it cannot be asked
export const FLEET_OVER = 905; // the fleet has ended
export const NO_ANSWER = 906; // the device did not answer in time
export const PROOF_WRONG = 907; // a device's proof does not lead to its state root
export const TARGET_SHAPE = 910; // this names no target
export const TARGET_ABSENT = 911; // there is nothing at that target
export const TARGET_BUSY = 912; // its flash is in use by another process
export const TARGET_OTHER = 913; // there is another fleet than the one that was asked for
export const HTTP_PATH = 920; // no such path
export const HTTP_METHOD = 921; // the path takes another method
export const HTTP_HOST = 922; // the Host header names another machine
export const HTTP_ORIGIN = 923; // the request comes from a page of another origin
export const HTTP_TOKEN = 924; // token missing or wrong
export const HTTP_TYPE = 925; // the body is of another content type
export const HTTP_SIZE = 926; // the body is too large
export const HTTP_JSON = 927; // the body is not JSON
export const HTTP_QUERY = 928; // a query parameter is missing or malformed
export const HTTP_BUSY = 929; // too many streams at once
export const HTTP_FORK = 930; // the fleet cannot be forked there
export const HTTP_MALFORMED = 931; // not a request of HTTP/1.1, or one that says a header twice
export const HTTP_TIMEOUT = 932; // the request did not arrive in time
export const HTTP_FAULT = 933; // the gateway itself failed
export const FLASH_TOOL = 940; // a package that flashes boards is not installed
export const FLASH_PORT = 941; // no serial port, several, or one that cannot be opened
export const FLASH_SILENT = 942; // no chip answers at the port
export const FLASH_TABLE = 943; // no partition table, a damaged one, or one without a place for a module
export const FLASH_ROOM = 944; // it does not fit where it should go
export const FLASH_MODULE = 945; // the file is no module that a board would boot
export const FLASH_IMAGE = 946; // the folder is no build of ESP-IDF, or one for another chip
export const FLASH_WRITE = 947; // what was written does not read back
export const BOARD_SLOT = 950; // a board says: it has no partition for a module
export const BOARD_EMPTY = 951; // its module has not been written yet
export const BOARD_TORN = 952; // its module is not whole
export const BOARD_MODULE = 953; // its module does not load
export const BOARD_FLASH = 954; // a flash region is missing, or cannot be used
export const BOARD_KEY = 955; // the chip has no key to seal region CONFIG with
export const BOARD_OTHER = 956; // region CONFIG was sealed by another chip
export const BOARD_RADIO = 957; // its radio does not start

export class Refused extends Error {
  override name = "Refused";
  readonly number: number;

  /** `detail`: what exactly was wrong, for people. */
  constructor(number: number, detail: string) {
    super(detail);
    this.number = number;
  }
}
