/** What runs in a bench. */
import { openKernel } from '../../../src/linux/kernel.ts';
import { observeSite } from '../../../src/world/bring-about.ts';
import { noMachines } from '../../../src/machines/machine-table.ts';
import { noServices } from '../../../src/world/services.ts';
import { type Site } from '../../../src/world/site.ts';
import { serveBed } from '../../agreement/bed/serve-bed.ts';
import { carryOutAction } from '../../agreement/scenario/actions.ts';
import { askArp, askBroadcast } from './frames.ts';
import { readFacts } from './live-facts.ts';
import { untilReady } from './readiness.ts';
import { type Question, type Reply } from './questions.ts';
import { askWildcardServer } from './wildcard-server.ts';

const reply = async (site: Site, question: Question): Promise<Reply> => {
  switch (question.do) {
    case 'arp':
      return { did: 'arp', answers: await askArp(site.kernel, question.questions, question.waitMs) };
    case 'broadcast':
      return { did: 'broadcast', ...(await askBroadcast(site.kernel, question, question.waitMs)) };
    case 'ask-wildcard-server':
      return { did: 'ask-wildcard-server', ...(await askWildcardServer(site.kernel, question)) };
    case 'observe':
      return { did: 'observe', state: await observeSite(site), facts: await readFacts(site.kernel) };
    case 'tell-keys':
      site.kernel.privateKeys = new Map(Object.entries(question.keys));
      return { did: 'tell-keys' };
    case 'until-ready':
      await untilReady(site.kernel);
      return { did: 'until-ready' };
    default:
      return carryOutAction(site, question);
  }
};

serveBed(() => {
  const site: Site = { kernel: openKernel(), services: noServices(), machines: noMachines() };
  return (question: Question): Promise<Reply> => reply(site, question);
});
