/**
 * YAML text to a `SourceFile`: the plain value and the place of every part of it. What is wrong with the text is told
 * all at once. Text that no person wrote as a lab (too large, binary, absurdly nested) is refused before parsing.
 */
import { parseAllDocuments, type Document } from 'yaml';
import { hasErrors, type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { locateKey, locateValue } from './locate.ts';
import { readDocument } from './read-nodes.ts';
import { type SourceFile } from './source-file.ts';
import { explainYamlErrors } from './yaml-faults.ts';

/** A thousand machines written out in full are 200 KiB. */
const largestFile = 1024 * 1024;

const notText = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/;
/** 64 brackets, or list or key marks, in a row; the parser takes seconds to find out that they lead nowhere. */
const absurdNesting = /(?:[[{]\s*(?:[^\s,:[\]{}]{1,40}:\s*)?){64}|(?:[-?] +){64}/;

const example = 'begin with `lab: my-lab`, then `networks:` and `machines:`';

/** Reasons to refuse the text unparsed; undefined when there are none. */
const refusal = (file: string, text: string): Diagnostic | undefined => {
  const refuse = (code: string, message: string, start: number, help: string): Diagnostic => ({
    code,
    severity: 'error',
    message,
    at: { file, start, end: Math.min(start + 1, text.length) },
    help,
  });
  if (text.length > largestFile) {
    const size = (text.length / 1024 / 1024).toFixed(1);
    const help =
      'a lab of a thousand machines takes 200 KiB; check that this is the right file, and use `count:` for many machines of one kind';
    return {
      code: 'file-too-large',
      severity: 'error',
      message: `\`${file}\` has ${size} MiB; a lab file has at most 1 MiB`,
      help,
    };
  }
  const binary = text.search(notText);
  if (binary !== -1) {
    return refuse(
      'file-not-text',
      `\`${file}\` is not a text file in UTF-8: it holds bytes that no text has`,
      binary,
      'save it as UTF-8 text; a disk image or an archive is not a lab file',
    );
  }
  const nesting = text.search(absurdNesting);
  if (nesting !== -1)
    return refuse(
      'yaml-nesting',
      'lists and maps are nested too deeply here',
      nesting,
      'a lab needs fewer than 10 levels',
    );
  return undefined;
};

/** `%YAML 1.1` would change what `yes`, `010` and `1:30` mean. */
const versionFaults = (file: string, text: string, document: Document.Parsed): readonly Diagnostic[] => {
  const { explicit, version } = document.directives.yaml;
  if (explicit !== true || version === '1.2') return [];
  const at = { file, start: text.indexOf('%YAML'), end: text.indexOf('%YAML') + 9 };
  const message = `a lab file is YAML 1.2, not ${version}`;
  return [{ code: 'yaml-version', severity: 'error', message, at, help: 'take the `%YAML` line away' }];
};

/** What the documents of the file are, as faults: none, several, or one that is not a map. */
const documentFaults = (file: string, text: string, documents: readonly Document.Parsed[]): readonly Diagnostic[] => {
  const [first, second] = documents;
  const at = { file, start: 0, end: 0 };
  if (first === undefined || (first.contents === null && documents.length === 1)) {
    return [{ code: 'file-empty', severity: 'error', message: `\`${file}\` says nothing`, at, help: example }];
  }
  if (second === undefined) return versionFaults(file, text, first);
  const mark = text.lastIndexOf('---', second.range[0]);
  const start = mark === -1 ? second.range[0] : mark;
  const message = 'a second document begins here; a lab file is one document';
  const help = 'put the second lab into a file of its own, or take the `---` line away';
  return [{ code: 'yaml-documents', severity: 'error', message, at: { file, start, end: start + 3 }, help }];
};

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `text`, the content of `file`. The value is there exactly when no diagnostic is an error. */
export const parseYaml = (file: string, text: string): Outcome<SourceFile> => {
  const refused = refusal(file, text);
  if (refused !== undefined) return { diagnostics: [refused] };
  // Duplicate keys are found here, not by the parser, which compares every key of a map with every other.
  const parsed = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, version: '1.2' });
  const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const faults = [...explainYamlErrors(file, text, errors), ...documentFaults(file, text, documents)];
  const [document] = documents;
  if (document === undefined || documents.length > 1) return { diagnostics: faults };
  const { value, place, diagnostics: found } = readDocument(file, text, document);
  // Where the syntax is wrong the tree is a guess: of what it holds, only a key that stands there twice is certain.
  const certain = errors.length === 0 ? found : found.filter(({ code }) => code === 'yaml-duplicate-key');
  const diagnostics = [...faults, ...certain];
  if (!hasErrors(diagnostics) && !isMap(value)) {
    const message = `\`${file}\` holds ${Array.isArray(value) ? 'a list' : 'a single value'}; a lab is a map of keys`;
    return {
      diagnostics: [...diagnostics, { code: 'not-a-map', severity: 'error', message, at: place.value, help: example }],
    };
  }
  if (hasErrors(diagnostics)) return { diagnostics };
  const source: SourceFile = {
    file,
    text,
    value,
    spanOf: (path) => locateValue(place, path),
    keySpanOf: (path) => locateKey(place, path),
  };
  return { value: source, diagnostics };
};
