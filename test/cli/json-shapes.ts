/** The documented shapes of what the commands about reachability print with `--json` (docs/cli.md), word by word. */
import * as z from 'zod';

const answer = z.enum(['yes', 'no', 'uncertain']);
const protocol = z.enum(['icmp', 'tcp', 'udp']);
const family = z.union([z.literal(4), z.literal(6)]);
const port = z.int().nullable();

const hop = z.strictObject({
  machine: z.string(),
  in: z.string().nullable(),
  out: z.string().nullable(),
  decided: z.array(
    z.strictObject({
      stage: z.string(),
      action: z.enum(['pass', 'translate', 'drop', 'reject', 'deliver', 'note']),
      object: z.string(),
      text: z.string(),
      from: z.string(),
      packet: z.string(),
    }),
  ),
});

const repair = z.strictObject({
  machine: z.string(),
  change: z.string(),
  command: z.string(),
  commands: z.array(z.strictObject({ machine: z.string(), argv: z.array(z.string()) })),
  sideEffects: z.array(z.string()),
});

const end = { from: z.string(), to: z.string(), address: z.string(), family, protocol, port };

export const explained = z.strictObject({
  lab: z.string(),
  ...end,
  verdict: answer,
  sentence: z.string(),
  forward: z.array(hop),
  reply: z.array(hop),
  stopped_at: z
    .strictObject({
      machine: z.string(),
      interface: z.string().nullable(),
      stage: z.string(),
      reason: z.string(),
      rule: z.string(),
    })
    .nullable(),
  direction: z.enum(['forward', 'reply']).nullable(),
  cause: z.strictObject({ machine: z.string(), text: z.string(), line: z.string().nullable() }).nullable(),
  client_sees: z.string(),
  source: z.string().nullable(),
  facts: z.array(z.string()),
  unknown: z.array(z.string()),
  confirm: z.string(),
  repair: z.array(repair).max(3),
});
export type Explained = z.infer<typeof explained>;

const line = z.strictObject({
  kind: z.enum(['policy', 'expect']),
  line: z.string(),
  text: z.string(),
  verdict: answer,
  asked: z.int(),
  failed: z.int(),
  example: z
    .strictObject({
      from: z.string(),
      to: z.string(),
      address: z.string(),
      protocol,
      port,
      expected: z.string(),
      predicted: z.string(),
      reason: z.string().nullable(),
    })
    .nullable(),
});

const detail = z.enum(['answered', 'refused', 'timeout', 'unreachable', 'no-address', 'lost', 'request-arrived']);
const summary = z.strictObject({ lines: z.int(), hold: z.int(), fail: z.int(), uncertain: z.int() });

export const predicted = z.strictObject({
  lab: z.string(),
  pairs: z.array(z.strictObject({ ...end, predicted: answer, detail, source: z.string().nullable() })),
  lines: z.array(line),
  summary,
});

export const predictedByNetwork = z.strictObject({
  lab: z.string(),
  cells: z.array(
    z.strictObject({
      from: z.string(),
      to: z.string(),
      protocol,
      port,
      predicted: z.enum(['yes', 'no', 'ipv4', 'ipv6', 'some', 'uncertain']),
    }),
  ),
  lines: z.array(line),
  summary,
});

export const proven = z.strictObject({
  lab: z.string(),
  lines: z.array(
    z.strictObject({
      kind: z.enum(['policy', 'expect']),
      line: z.string(),
      text: z.string(),
      verdict: z.enum(['proven', 'false', 'unknown']),
      kinds: z.int().nullable(),
      failed: z.int().nullable(),
      counterexample: z
        .strictObject({
          from: z.string(),
          to: z.string(),
          source: z.string().nullable(),
          forged: z.boolean(),
          destination: z.string(),
          protocol,
          port,
          sourcePort: port,
          wanted: z.string(),
          trace: explained,
        })
        .nullable(),
      unknown: z.array(z.string()),
    }),
  ),
  summary: z.strictObject({ lines: z.int(), proven: z.int(), false: z.int(), unknown: z.int() }),
});

export const impact = z.array(
  z.strictObject({
    change: z.enum(['appears', 'vanishes']),
    family,
    protocol,
    port,
    from: z.array(z.string()),
    to: z.array(z.string()),
  }),
);

export const verified = z.object({
  lab: z.string(),
  pairs: z.array(
    z.strictObject({
      ...end,
      predicted: answer,
      measured: z.enum(['yes', 'no']),
      agree: z.boolean(),
      expected: z.enum(['yes', 'no']).nullable(),
      unexpected: z.boolean(),
      expectedDetail: z.string().nullable(),
      source: z.string().nullable(),
      predictedSource: z.string().nullable(),
      reason: z.string().nullable(),
      detail,
      rttMs: z.number().nullable(),
      because: z.string().nullable(),
    }),
  ),
  summary: z.strictObject({
    pairs: z.int(),
    agree: z.int(),
    disagree: z.int(),
    unexpected: z.int(),
    repeated: z.int(),
  }),
});

const located = { file: z.string().nullable(), line: z.int().nullable(), column: z.int().nullable() };
const asked = z.strictObject({ from: z.string(), to: z.string(), address: z.string(), protocol, port });
const severity = z.enum(['error', 'warning', 'note']);

export const lintReported = z.strictObject({
  findings: z.array(
    z.strictObject({
      code: z.string(),
      severity,
      machine: z.string(),
      message: z.string(),
      ...located,
      notes: z.array(z.strictObject({ message: z.string(), ...located })),
      consequence: z
        .strictObject({
          asked: z.int(),
          fail: z.array(asked),
          open: z.array(asked),
          disguised: z.array(asked),
          elsewhere: z.strictObject({ when: z.string(), fail: z.array(asked) }).optional(),
        })
        .nullable(),
      repair: z
        .strictObject({
          words: z.string(),
          commands: z.array(z.strictObject({ machine: z.string(), argv: z.array(z.string()) })),
        })
        .nullable(),
    }),
  ),
  diagnostics: z.array(z.object({ code: z.string(), severity })),
  summary: z.strictObject({ errors: z.int(), warnings: z.int(), notes: z.int() }),
});
