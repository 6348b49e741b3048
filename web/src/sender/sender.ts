// Where the sender's page starts, /sender: it works without a network once it was opened.
import '../style/index.css';
import './sender.css';
import { Theme } from '../theme';
import { SenderPage } from './sender_page';

new Theme(() => {});
void new SenderPage(document.getElementById('page')!).begin();
void navigator.serviceWorker?.register('/sender-worker.js', { scope: '/sender' });
