/** A plan as a document for a browser, a mail or a ticket: no script, no style, and nothing in it that is not escaped. Pure. */
import { planParts, type ChangeText, type PlanText } from './plan-text.js';

const signWords: Readonly<Record<string, string>> = { '+': 'Create', '~': 'Change', '-': 'Delete' };

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that has become HTML: made by nothing but `html`, so that a name of a guest is never taken for it. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | Html | readonly Html[];

function rendered(piece: Piece): string {
  if (typeof piece === 'string') return piece.replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
  return piece instanceof Html ? piece.text : piece.map(({ text }) => text).join('');
}

function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(texts.map((text, n) => `${text}${rendered(pieces[n] ?? '')}`).join(''));
}

export function planHtml(plan: PlanText): string {
  const { head, clusters, problems, totals } = planParts(plan);
  const held =
    problems.length === 0
      ? ''
      : html`<section>
          <h2>Held back, left out or not known</h2>
          <ul>
            ${problems.map(({ reason, sentence }) => html`<li><code>${reason}</code>: ${sentence}</li> `)}
          </ul>
        </section> `;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Plan ${plan.id}</title>
      </head>
      <body>
        <main>
          <h1>Plan of ${plan.of}</h1>
          <p>${head}</p>
          <p><strong>${totals}</strong></p>
          ${clusters.map(
            ({ title, kinds }) =>
              html`<section>
                <h2>${title}</h2>
                ${kinds.map(
                  ({ noun, changes }) =>
                    html`<h3>${noun}</h3>
                      <ul>
                        ${changes.map(changeItem)}
                      </ul> `,
                )}
              </section> `,
          )}${held}
        </main>
      </body>
    </html> `.text;
}

function changeItem({ sign, name, lines }: ChangeText): Html {
  const fields =
    lines.length === 0
      ? ''
      : html`<ul>
          ${lines.map((line) => html`<li><code>${line}</code></li>`)}
        </ul>`;
  return html`<li>${signWords[sign] ?? ''} <strong>${name}</strong>${fields}</li> `;
}
