/** The lines of one hostname.if(5), carried out as netstart(8) does when it starts the interface. */
import { type ConfigText } from '../dialect.ts';
import { changeLink, type RunningDraft } from '../shell-commands/running-draft.ts';
import { placeIn } from '../text.ts';
import { commandsOfFile } from './commands-of-file.ts';
import { nameInModel } from './devices.ts';
import { askByDhcp, runIfconfig } from './ifconfig.ts';
import { runShell } from './shell.ts';

/** `name`: as its own system calls it. The device is there. */
export const runLinesOf = (draft: RunningDraft, name: string, text: ConfigText): void => {
  const { path } = text;
  const subject = { draft, name: nameInModel(name), path };
  for (const command of commandsOfFile(text)) {
    if (command.kind === 'shell') runShell(subject, command.at.text, { if: name }, placeIn(path, command.at));
    else if (command.kind === 'dhcp') {
      const at = placeIn(path, command.at);
      askByDhcp(draft, subject.name, at);
      runIfconfig(subject, command.words, at);
      changeLink(draft, subject.name, { up: true }, at);
    } else runIfconfig(subject, command.words, placeIn(path, command.words[0] ?? { line: 1 }));
  }
};
