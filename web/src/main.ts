// Where the page starts: the ward, the sign-in form at /signin, the administration or the hand-over of a shift.
import { showSignIn } from './sign_in';
import { Theme } from './theme';
import { WardPage } from './ward_page';

const page = document.getElementById('page')!;
if (location.pathname === '/signin') {
  new Theme(() => {});
  showSignIn(page);
} else if (location.pathname === '/administration') {
  new Theme(() => {});
  void import('./administration/page').then(({ AdministrationPage }) => new AdministrationPage(page));
} else if (location.pathname === '/handover') {
  new Theme(() => {});
  void import('./handover/page').then(({ HandoverPage }) => new HandoverPage(page));
} else {
  new WardPage(page);
}
