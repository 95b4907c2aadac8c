/** The fernet package ships no types; only what fernet-cipher.ts uses. */
declare module 'fernet' {
  interface Secret {
    readonly signingKeyHex: string;
  }

  interface Token {
    encode(message?: string): string;
    decode(token?: string): string;
  }

  interface TokenOptions {
    readonly secret: Secret;
    readonly ttl: 0;
    readonly message?: string;
    readonly token?: string;
  }

  const fernet: {
    /** The key is 32 bytes as base64url. */
    readonly Secret: new (key: string) => Secret;
    readonly Token: new (options: TokenOptions) => Token;
  };
  export = fernet;
}
