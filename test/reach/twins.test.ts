/** Twins: who is one, and that what is said of a stand-in is what the walker says of the stack itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { design, type Design } from '../../src/pipeline.ts';
import { planProbes } from '../../src/probe/plan-probes.ts';
import { predictorOf } from '../../src/reach/predict.ts';

const designed = (file: string, text: string): Design => {
  const { value } = design({ file, text }, undefined, {
    random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error(`${file} has errors`);
  return value;
};

const clones = `lab: clones
networks:
  lan: { mode: nat, ipv4: 10.7.0.0/24, dhcp: true }
  servers: { mode: routed }
machines:
  web: { nics: [servers], count: 5 }
  desk: { nics: [{ network: lan, address: dhcp }], count: 4 }
  mail: { nics: [servers], services: [{ firewall: { incoming: deny, allow: [ping, { tcp: 22, from: desk-2 }] } }] }
policy:
  - { deny: web-3, to: internet }
  - { allow: desk, to: servers, tcp: [80, 443] }
`;

const examples = readdirSync('examples')
  .filter((name) => /^[^.]+\.yaml$/.test(name))
  .map((name) => [name, readFileSync(`examples/${name}`, 'utf8')] as const);

describe('twins', () => {
  it('are those that nothing tells apart', () => {
    const { state } = designed('clones.yaml', clones).lowered;
    const { twins } = predictorOf(state);
    expect(twins.members(twins.classOf('web-1'))).toEqual(['web-1', 'web-2', 'web-4', 'web-5']);
    expect(twins.members(twins.classOf('desk-1'))).toEqual(['desk-1', 'desk-3', 'desk-4']);
    for (const name of ['web-3', 'desk-2', 'mail', 'internet'])
      if (name in state.stacks) expect(twins.members(twins.classOf(name))).toEqual([name]);
  });

  it.each([['clones.yaml', clones] as const, ...examples])(
    '%s: a stand-in is answered as the stack is',
    (file, text) => {
      const { lab, lowered } = designed(file, text);
      const predictor = predictorOf(lowered.state);
      const wrong = planProbes(lab).probes.flatMap(({ from, toStack, address, family, protocol, port }) => {
        const flow = { from, destination: address, family, protocol, port };
        const { verdict, clientSees, seenSource, deliveredTo } = predictor.answer(flow, toStack);
        const walk = predictor.walk(flow);
        const isSame =
          verdict === walk.verdict &&
          clientSees === walk.clientSees &&
          (walk.verdict === 'sometimes' || (seenSource === walk.seenSource && deliveredTo === walk.deliveredTo));
        return isSame ? [] : [[flow, verdict, clientSees, seenSource, walk.verdict, walk.clientSees, walk.seenSource]];
      });
      expect(wrong).toEqual([]);
    },
  );
});
