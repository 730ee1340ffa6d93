// The tape reader and the port that answers from it.

#include "replay.h"

#include <string.h>

#include "abi.h"

static uint32_t load32(const uint8_t *p) {
    return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static uint64_t load64(const uint8_t *p) { return load32(p) | ((uint64_t)load32(p + 4) << 32); }

static bool fail(replay *r, const char *error) {
    if (!r->error) r->error = error;
    return false;
}

// ---- records ----

static bool skip_rest(replay *r) {
    uint8_t sink[64];
    uint64_t rest = (uint64_t)r->left + r->padding;
    r->left = 0, r->padding = 0;
    while (rest > 0) {
        uint32_t n = rest < sizeof sink ? (uint32_t)rest : (uint32_t)sizeof sink;
        if (!r->get(r->self, sink, n)) return fail(r, "the tape ends inside a record");
        rest -= n;
    }
    return true;
}

/** Reads n bytes of the payload under way. */
static bool take(replay *r, void *p, uint32_t n) {
    if (r->left < n) return fail(r, "a record is shorter than its type says");
    r->left -= n;
    return r->get(r->self, p, n) || fail(r, "the tape ends inside a record");
}

/** Steps to the next record that is neither NOTE nor KEYFRAME; false at the end of the tape and on errors. */
static bool next(replay *r) {
    if (r->ahead) {
        r->ahead = false;
        return true;
    }
    do {
        uint8_t head[8];
        if (!skip_rest(r) || !r->get(r->self, head, sizeof head)) return false;
        r->type = head[0];
        r->left = load32(head + 4);
        r->padding = (uint32_t)(-r->left & 3);
        r->records++;
        if (r->type < REPLAY_CALL || r->type > REPLAY_MODULE) return fail(r, "a record of unknown type");
        if (r->type == REPLAY_KEYFRAME && r->calls == 0)
            return fail(r, "the tape begins at a keyframe; this reader begins at a power-up");
    } while (r->type == REPLAY_NOTE || r->type == REPLAY_KEYFRAME);
    return true;
}

/** Steps to an answer of this type. */
static bool answer(replay *r, uint8_t type) {
    if (r->error) return false;
    if (!next(r)) return fail(r, "the device asks more than the tape answers");
    return r->type == type || fail(r, "the device asks something else than the tape answers");
}

// ---- the port ----

static void entropy(void *self, uint8_t *p, uint32_t n) {
    replay *r = self;
    if (!answer(r, REPLAY_ENTROPY)) return;
    if (r->left != n) fail(r, "the device asks another amount of entropy than the tape holds");
    else take(r, p, n);
}

static int32_t read_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    replay *r = self;
    uint8_t result[4];
    (void)region, (void)offset;
    if (!answer(r, REPLAY_READ) || !take(r, result, sizeof result)) return -1;
    if (load32(result) == 0 && r->left != n) fail(r, "the device reads another amount than the tape holds");
    else if (load32(result) == 0) take(r, p, n);
    return (int32_t)load32(result);
}

static int64_t sense(void *self, uint32_t channel) {
    replay *r = self;
    uint8_t value[8];
    (void)channel;
    if (!answer(r, REPLAY_SENSE) || !take(r, value, sizeof value)) return INT64_MIN;
    return (int64_t)load64(value);
}

/** The contract on the tape; NULL when the next record is none: then it was not there. */
static const uint8_t *module(void *self, uint32_t offset, uint32_t n) {
    replay *r = self;
    uint32_t nested = r->node.sandbox.nested, at = nested > 0 ? r->stored[nested - 1] : 0;
    (void)offset;
    if (r->error || !next(r)) return NULL;
    if (r->type != REPLAY_MODULE) {
        r->ahead = true;
        return NULL;
    }
    if (r->left != n) fail(r, "the device runs another contract than the tape holds");
    else if (!r->room || n > r->room_size - at)
        fail(r, "there is no room here for the contracts of this tape");
    else if (take(r, r->room + at, n)) {
        r->stored[nested] = at + n;
        return r->room + at;
    }
    return NULL;
}

static bool store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    (void)region, (void)offset, (void)p, (void)n;
    ((replay *)self)->effects[SYNOD_EFFECT_STORE]++;
    return true;
}

static bool erase(void *self, uint32_t region, uint32_t sector) {
    (void)region, (void)sector;
    ((replay *)self)->effects[SYNOD_EFFECT_ERASE]++;
    return true;
}

static void send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    (void)link, (void)peer, (void)p, (void)n;
    ((replay *)self)->effects[SYNOD_EFFECT_SEND]++;
}

static void act(void *self, uint32_t channel, int64_t value) {
    (void)channel, (void)value;
    ((replay *)self)->effects[SYNOD_EFFECT_ACT]++;
}

static void event(void *self, uint32_t kind, const uint8_t *p, uint32_t n) {
    (void)kind, (void)p, (void)n;
    ((replay *)self)->effects[SYNOD_EFFECT_EVENT]++;
}

static void reset(void *self, uint32_t reason) {
    (void)reason;
    ((replay *)self)->effects[SYNOD_EFFECT_RESET]++;
}

// ---- calls ----

static node_status invoke(replay *r, uint8_t call, uint32_t link, uint64_t now, uint32_t size,
                          const uint8_t *input) {
    switch (call) {
    case TRACE_BOOT: return node_boot(&r->node, now);
    case TRACE_RECEIVE: return node_receive(&r->node, link, input, size, now);
    case TRACE_REQUEST: return node_request(&r->node, input, size, now);
    default: return node_tick(&r->node, now);
    }
}

static bool call(replay *r) {
    uint8_t head[16];
    if (!take(r, head, sizeof head)) return false;
    uint8_t code = head[0];
    uint32_t size = r->left;
    if (code < TRACE_BOOT || code > TRACE_TICK) return fail(r, "a call of unknown code");
    if (size > SYNOD_LAYOUT_INPUT_MAX) return fail(r, "an input longer than a device takes");
    if (code == TRACE_BOOT && node_restart(&r->node)) return fail(r, r->node.error);
    uint8_t *input = node_input(&r->node);
    if (!input && r->node.down)
        return fail(
            r, "a call to a device that is down; only a boot may follow a trap, a reset or a failed store");
    if (input && size > 0 && !take(r, input, size)) return false;
    if (r->around) r->around(r->self, code, false);
    node_status status = invoke(r, code, load32(head + 4), load64(head + 8), size, input);
    if (r->around) r->around(r->self, code, true);
    r->calls++;
    if (status == NODE_TRAP || status == NODE_RING || status == NODE_RAM)
        r->traps++, r->trapped = r->node.error, r->short_of_ram |= status == NODE_RAM;
    else if (status != NODE_OK && status != NODE_RESET) return fail(r, "the device could not be called");
    return r->error == NULL;
}

bool replay_run(replay *r, const uint8_t *wasm, uint32_t size, const node_limits *limits) {
    uint8_t head[16];
    r->port = (node_port){.self = r,
                          .entropy = entropy,
                          .read = read_flash,
                          .sense = sense,
                          .store = store,
                          .erase = erase,
                          .send = send,
                          .act = act,
                          .event = event,
                          .reset = reset,
                          .accelerate = r->accelerate,
                          .alive = r->alive,
                          .module = module};
    trace_begin(&r->trace);
    node_status opened = node_open(&r->node, &r->port, wasm, size, limits);
    r->short_of_ram = opened == NODE_RAM;
    if (opened) return fail(r, r->node.error);
    r->node.trace = &r->trace, r->node.box = r->box;
    if (!r->get(r->self, head, sizeof head)) return fail(r, "the tape is shorter than its head");
    if (memcmp(head, "SYNODTAP", 8) != 0) return fail(r, "not a tape");
    if (load32(head + 8) != 1) return fail(r, "a tape of another version");
    while (!r->has_digest && next(r)) {
        if (r->type == REPLAY_END) {
            if (!take(r, r->digest, sizeof r->digest)) return false;
            r->has_digest = true;
        } else if (r->type != REPLAY_CALL) return fail(r, "the tape answers what the device did not ask");
        else if (!call(r)) return false;
    }
    return r->error == NULL;
}
