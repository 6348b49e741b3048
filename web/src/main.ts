// Where the page starts: the ward, or the sign-in form at /signin.
import { showSignIn } from './sign_in';
import { Theme } from './theme';
import { WardPage } from './ward_page';

const page = document.getElementById('page')!;
if (location.pathname === '/signin') {
  new Theme(() => {});
  showSignIn(page);
} else {
  new WardPage(page);
}
