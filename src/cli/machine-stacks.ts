/** Which stacks of a lab are machines to a person: all but the switches that stand for networks outside. */
export const isMachineStack = (stack: string): boolean => !stack.startsWith('switch-');
