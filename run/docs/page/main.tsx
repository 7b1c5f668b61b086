import { render } from 'preact'
import { App } from './app.tsx'
import { rememberScroll } from './route.ts'

rememberScroll()
render(<App />, document.getElementById('app')!)
