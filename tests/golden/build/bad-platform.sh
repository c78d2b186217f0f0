edgectl build --platform toaster .
