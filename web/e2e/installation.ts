import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stack } from './stack';

const POLICY = JSON.parse(readFileSync(new URL('../csp.json', import.meta.url), 'utf8')) as {
  directives: Record<string, string>;
};

/** The local stack as an installation with an issuer would serve it: its own config.json, the issuer in the policy, an origin of its own. */
export class Installation {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Has an address, which the stack must allow and the issuer must know, and answers nothing yet. */
  static async listen(): Promise<Installation> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Installation(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** The page's policy lets it call `origins`: the issuer, and where else it is sent for tokens. */
  serve(stack: Stack, auth: { authority: string; clientId: string }, origins: string[]): void {
    const config = JSON.stringify({ apiUrl: '/api/v1', auth: { mode: 'oidc', scope: 'openid', ...auth } });
    this.server.on('request', (asked, answer) => {
      if (asked.url === '/config.json') answer.setHeader('content-type', 'application/json').end(config);
      else forward(asked, answer, stack.url, origins.join(' '));
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function forward(asked: IncomingMessage, answer: ServerResponse, to: string, issuers: string): void {
  const { method, headers } = asked;
  const onward = request(new URL(asked.url ?? '/', to), { method, headers }, (got) => {
    const policy = got.headers['content-security-policy'];
    const changed =
      policy === undefined ? {} : { 'content-security-policy': policyFor(String(policy), issuers) };
    answer.writeHead(got.statusCode ?? 502, { ...got.headers, ...changed });
    got.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  asked.pipe(onward);
}

/** csp.json for these origins of issuers, and for the bucket that the stack's own policy names. */
function policyFor(ofStack: string, issuers: string): string {
  const bucket = /connect-src 'self' ([^;\s]+)/.exec(ofStack)?.[1] ?? '';
  return Object.entries(POLICY.directives)
    .map(([name, sources]) => `${name} ${sources.replace('{bucket}', bucket).replace('{issuer}', issuers)}`)
    .join('; ');
}
