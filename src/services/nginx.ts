/**
 * Turns a web server into the configuration of nginx(8). It runs as the user that it was started by, in one process, so
 * that nothing holds the port when that is killed; all that it writes is below `path`. Each request is a line in its log.
 */
import { type WebServer } from '../state/role.ts';

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'] as const;

/** Letters, digits and hyphens only. */
const page = (name: string): string => `<!doctype html><title>${name}</title><p>This is ${name}.</p>`;

const listenLines = (port: number): readonly string[] => [
  `    listen 0.0.0.0:${port};`,
  `    listen [::]:${port} ipv6only=on;`,
];

const locationLines = ({ name, folder }: WebServer): readonly string[] =>
  folder === undefined
    ? ['    location / {', '      default_type text/html;', `      return 200 '${page(name)}\\n';`, '    }']
    : [`    root ${folder};`, '    autoindex on;'];

/** What a browser needs to be told of the files that pages are made of (`mime.types` is in no guest that lives in memory). */
const types = {
  'text/html': 'html htm',
  'text/css': 'css',
  'text/plain': 'txt',
  'text/javascript': 'js mjs',
  'application/json': 'json',
  'image/svg+xml': 'svg',
  'image/png': 'png',
  'image/jpeg': 'jpg jpeg',
};

/** `path`: of its files, without an ending; `.access` of them hears of requests. */
export const nginxConfig = (server: WebServer, path: string): string =>
  [
    '# Web pages',
    'daemon off;',
    'master_process off;',
    'user root root;',
    `pid ${path}.pid;`,
    'error_log stderr notice;',
    'events { worker_connections 512; }',
    'http {',
    ...temporary.map((name) => `  ${name}_temp_path ${path}.${name};`),
    `  log_format request '$remote_addr "$request" $status $body_bytes_sent';`,
    `  access_log ${path}.access request;`,
    '  server_tokens off;',
    '  types {',
    ...Object.entries(types).map(([type, endings]) => `    ${type} ${endings};`),
    '  }',
    '  server {',
    ...server.ports.flatMap(listenLines),
    ...locationLines(server),
    '  }',
    '}',
    '',
  ].join('\n');
