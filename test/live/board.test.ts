// host/live/board.ts against a line that a test holds in its hands: what is lost on it, what is said twice, what never ends.

import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as line from "../../firmware/wire/line.ts";
import * as request from "../../firmware/wire/request.ts";
import { Board, type WireHooks } from "../../host/live/board.ts";
import type { Message, Reply } from "../../host/live/life.ts";
import { Decoder, encode, type Record } from "../../host/live/line.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { file, until } from "../boards/posix.ts";

const ASK = Uint8Array.of(request.STATUS);
const four = (v: number): Uint8Array => Uint8Array.of(v, v >> 8, v >> 16, v >> 24);

/** The other end of a board's line. */
class End {
  readonly records: Record[] = [];
  readonly said: Message[] = [];
  readonly life: Board;
  readonly crash = file("crash.tape");
  hooks!: WireHooks;
  readonly #decoder = new Decoder(({ kind, a, bytes }) => this.records.push({ kind, a, bytes: bytes.slice() }));

  constructor() {
    this.life = new Board(
      {
        crash: this.crash,
        open: (hooks) => {
          this.hooks = hooks;
          return {
            pid: -1,
            write: (bytes) => this.#decoder.push(bytes),
            cut: () => hooks.ended(null, "SIGKILL", false),
          };
        },
      },
      (message) => this.said.push(message),
    );
  }

  say(kind: number, a = 0, bytes: Uint8Array = new Uint8Array()): void {
    this.hooks.bytes(encode(kind, a, bytes));
  }

  here(): void {
    this.say(line.HERE, line.VERSION, new Uint8Array(40));
    this.say(line.BOOT, 0, four(0));
  }

  /** The numbers of the requests that came. */
  get asked(): number[] {
    return this.records.filter((r) => r.kind === line.REQUEST).map((r) => r.a);
  }

  answer(number: number, reason: number): void {
    this.say(line.ASKED, number, four(1));
    this.say(line.REPLY, number, four(reason));
  }
}

/** Works at the end of a line whose board has booted. */
async function ended(work: (end: End) => Promise<void>): Promise<void> {
  const end = new End();
  try {
    end.here();
    assert.is(await end.life.booted, 0);
    await work(end);
  } finally {
    await end.life.kill();
  }
}

const outcome = (reply: Promise<Reply>): Promise<number> =>
  reply.then(
    ({ reason }) => reason,
    (e: refusal.Refused) => -e.number,
  );

test("a request that the line lost is refused when the next is answered, and takes nothing from it", () =>
  ended(async (end) => {
    const [first, second] = [outcome(end.life.request(ASK)), outcome(end.life.request(ASK))];
    assert.equal(end.asked, [0, 1]);
    end.answer(1, 7);
    assert.is(await second, 7);
    assert.is(await first, -refusal.NO_ANSWER);
  }));

test("a reply that nobody here asked for answers nothing", () =>
  ended(async (end) => {
    const reply = outcome(end.life.request(ASK));
    end.answer(200, 9); // of another host, before us
    end.answer(end.asked[0], 3);
    assert.is(await reply, 3);
  }));

test("a reply that comes too late for who asked is not the answer to the next", () =>
  ended(async (end) => {
    assert.is(await outcome(end.life.request(ASK, 1)), -refusal.NO_ANSWER);
    const next = outcome(end.life.request(ASK));
    end.answer(0, 5);
    end.answer(1, 6);
    assert.is(await next, 6);
  }));

test("what is asked of a board that is not there yet, a page too, waits until it is", async () => {
  const end = new End();
  const [reply, page] = [outcome(end.life.request(ASK)), end.life.page()];
  assert.equal(end.records.filter((r) => r.kind !== line.HELLO), []); // prettier-ignore
  end.here();
  await until(() => end.records.some((r) => r.kind === line.PAGE), "it is asked for its page");
  end.answer(end.asked[0], 0);
  end.say(line.PAGE, 0, Uint8Array.of(...four(0), ...four(3), 1, 2, 3));
  assert.is(await reply, 0);
  assert.equal([...(await page)!], [1, 2, 3]);
  await end.life.kill();
});

test("a board on a desk that starts anew: what it was asked before is refused, what comes after waits for it", () =>
  ended(async (end) => {
    const before = outcome(end.life.request(ASK));
    end.say(line.RESET, 0, four(0));
    const during = outcome(end.life.request(ASK));
    assert.equal(end.asked, [0], "nothing is sent to a board that is about to go");
    end.here();
    assert.is(await before, -refusal.DEVICE_DOWN);
    assert.is(await during, -refusal.DEVICE_DOWN, "asked before it was there");
    const after = outcome(end.life.request(ASK));
    end.answer(end.asked.at(-1)!, 0);
    assert.is(await after, 0);
  }));

// ---- tapes of what trapped ----

const part = (at: number, ...bytes: number[]): Uint8Array => Uint8Array.of(...four(at), ...bytes);
const crashes = (end: End): Message[] => end.said.filter(({ what }) => what === "crash");

test("a tape that arrives whole is kept, and told of once", () =>
  ended(async (end) => {
    end.say(line.CRASH, 0, part(0, 1, 2));
    end.say(line.CRASH, 0, part(2, 3));
    assert.is(crashes(end).length, 0);
    end.say(line.CRASH, 1, part(3));
    assert.equal(crashes(end), [{ what: "crash", path: end.crash }]);
    assert.equal([...readFileSync(end.crash)], [1, 2, 3]);
    end.say(line.CRASH, 1, part(3));
    assert.is(crashes(end).length, 1);
  }));

test("a tape with a part missing, without an end, or longer than any, is none", () =>
  ended(async (end) => {
    end.say(line.CRASH, 0, part(0, 1, 2));
    end.say(line.CRASH, 0, part(3, 4));
    end.say(line.CRASH, 1, part(4));
    end.say(line.CRASH, 1, part(0));
    end.say(line.CRASH, 1, new Uint8Array(3));
    end.say(line.CRASH, 0, part(0));
    for (let at = 0; at < 3 << 20; at += 1024) end.say(line.CRASH, 0, part(at, ...new Uint8Array(1024)));
    end.say(line.CRASH, 1, part(3 << 20));
    for (let i = 0; i < 1000; i++) end.say(line.CRASH, 0, part(0)); // a board that says nothing, for ever
    assert.equal(crashes(end), []);
    assert.not.ok(existsSync(end.crash));
  }));

test.run();
