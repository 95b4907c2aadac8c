/** What is known of one endpoint, at a glance. */
import type { ComponentChildren } from 'preact';
import { Status } from './parts.js';

export function Tile({
  title,
  state,
  below,
  children,
}: {
  title: string;
  state: ComponentChildren;
  below?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <li>
      <h3>
        {title} {state}
      </h3>
      <p>{children}</p>
      {below}
    </li>
  );
}

export const pending = <Status of="plain">Asking…</Status>;
