/** The page: who is signed in sees the view that the address names. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { forgetKey, keptKey, whenSignedOut } from './api.js';
import { DoctorView } from './doctor.js';
import { GuestView } from './guest.js';
import { usePlace, type Place } from './hooks.js';
import { Nothing } from './parts.js';
import { LogView } from './log.js';
import { Overview } from './overview.js';
import { PlanView } from './plan.js';
import { PlansView } from './plans.js';
import { RunView } from './run.js';
import { RunsView } from './runs.js';
import { SettingsView } from './settings.js';
import { SignIn } from './signin.js';

const views = [
  ['overview', 'Overview'],
  ['runs', 'Runs'],
  ['plans', 'Previews'],
  ['guest', 'Guest'],
  ['doctor', 'Doctor'],
  ['settings', 'Settings'],
  ['log', 'Log'],
] as const;

function View({ parts, query }: Place) {
  const [view = 'overview', id] = parts;
  if (view === 'overview') return <Overview />;
  if (view === 'runs') return id === undefined ? <RunsView /> : <RunView key={id} id={id} query={query} />;
  if (view === 'plans') return id === undefined ? <PlansView /> : <PlanView key={id} id={id} />;
  if (view === 'guest')
    return <GuestView key={`${id} ${query}`} vmid={id} endpoint={query.get('endpoint')} text={query.get('text')} />;
  if (view === 'doctor') return <DoctorView />;
  if (view === 'settings') return <SettingsView />;
  if (view === 'log') return <LogView key={query.toString()} query={query} />;
  return <Nothing>There is no such page.</Nothing>;
}

function Page() {
  const [isSignedIn, setSignedIn] = useState(keptKey() !== null);
  const place = usePlace();
  const leave = (): void => {
    forgetKey();
    setSignedIn(false);
  };
  useEffect(() => whenSignedOut(leave), []);
  const current = place.parts[0] ?? 'overview';
  useEffect(() => {
    document.title = `${views.find(([name]) => name === current)?.[1] ?? 'Page'} · proxbox-api`;
  }, [current]);
  useNewView(place.parts.join('/'));
  if (!isSignedIn) return <SignIn onSignedIn={() => setSignedIn(true)} />;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        To the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          proxbox-api
        </a>
        <nav aria-label="Views">
          {views.map(([name, text]) => (
            <a key={name} href={`#/${name}`} aria-current={name === current ? 'page' : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <button class="plain" onClick={leave}>
          Sign out
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <View {...place} />
      </main>
    </>
  );
}

/** A view begins at its top, for the eyes as for the keyboard. */
function useNewView(name: string): void {
  const former = useRef(name);
  useEffect(() => {
    if (former.current === name) return;
    former.current = name;
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [name]);
}

/** The address after # names the view, so a link inside of the page moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

render(<Page />, document.body);
