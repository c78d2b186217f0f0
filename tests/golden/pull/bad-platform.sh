edgectl pull --platform toaster localhost:1/app:1
